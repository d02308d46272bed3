"""One attempt to retrain a model: its data set, its training, the gate, and what is kept of it."""

import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.config.recipe import Recipe
from vitrine.data.labels.class_changes import ClassChanges, extend_rename, number_classes
from vitrine.errors import UserError
from vitrine.records.corrections import ADD, RELABEL, REMOVE
from vitrine.records.environment import now
from vitrine.records.gate import (
    GATE,
    GATE_ANSWERS,
    GATE_REPORT,
    ClassChange,
    GateMargins,
    GateReport,
    Learned,
    LeftOut,
)
from vitrine.records.prepared import PreparedFacts, read_facts
from vitrine.records.revisions import ModelLine
from vitrine.workflows.progress import Show
from vitrine.workflows.run import Run
from vitrine.workflows.train import listen, train_recipe

if TYPE_CHECKING:
    from vitrine.data.labels.further_corrections import Joined
    from vitrine.workflows.gate import GateResult

CORRECTIONS = "corrections.csv"
PREPARED = "prepared"


@dataclass(frozen=True)
class Retrained:
    """What a retraining leaves.

    Attributes:
        folder: with gate.json, gate.html, the answers to every picture of the gate, and the corrections.
        report: the content of gate.json.
        line: the model with its revisions, as it is now.
        run: of the accepted model; None where it was not accepted.
    """

    folder: Path
    report: GateReport
    line: ModelLine
    run: Path | None


class _NotAccepted(Exception):  # noqa: N818 (it ends a training on purpose)
    """The gate did not let a model pass, so its test pictures are not looked at."""


@dataclass(frozen=True)
class Retraining:
    """One attempt.

    Attributes:
        line: the model, held by this process.
        recipe: of the model in use, with what the person changed.
        joined: corrections of pictures, written into the folder already.
        changes: of the classes.
        table: name of the table of corrections.
        margins: of the gate.
        folder: of the attempt.
    """

    line: ModelLine
    recipe: Recipe
    joined: "Joined"
    changes: ClassChanges
    table: str
    margins: GateMargins
    folder: Path

    def carry_out(self, runs: Path, show: Show) -> Retrained:
        """Prepares, trains, asks, and puts the model in use where the gate lets it pass.

        Args:
            runs: below which the run is made.
            show: told how it goes.

        Raises:
            UserError: it cannot be prepared or trained like this.
        """
        recipe = self._prepare(show)
        results: list[GateResult] = []

        def ask(candidate: Path) -> None:
            show("asking both models", 0, 0)
            results.append(self._pass_gate(candidate))
            if results[0].findings.verdict != "accepted":
                raise _NotAccepted

        kept: list[Path] = []
        try:
            listeners = listen(show, recipe.optim.epochs)
            trained = train_recipe(recipe, None, runs, listeners, kept.append, time.monotonic(), ask)
        except _NotAccepted:
            return self._refuse(results[0])
        finally:
            for unfinished in kept:  # nobody goes on with it: its data set goes with the attempt
                shutil.rmtree(unfinished, ignore_errors=True)
        if trained is None:
            raise UserError("a retraining works in one process; start it without accelerate")
        return self._accept(results[0], trained.folder)

    def _prepare(self, show: Show) -> Recipe:
        """Writes the data set of the retraining; gives the recipe that it is trained with."""
        from vitrine.workflows.prepare import write_data_set

        sources = self._facts_before().label_sources
        sections = self.recipe.model_dump()
        folder = self.folder.absolute()
        sections["data"] |= {"corrections": str(folder / CORRECTIONS), "prepared": str(folder / PREPARED)}
        sections["labels"] |= {"rename": extend_rename(self.recipe.labels, self.changes, sources)}
        sections["model"] |= {"warm_start": str(self.line.model.resolve()), "warm_start_rename": self.changes.names}
        recipe = Recipe.model_validate(sections)
        write_data_set(recipe, show, earlier=self.recipe.prepared_folder)
        return recipe

    def _pass_gate(self, candidate: Path) -> "GateResult":
        from vitrine.data.prepared.dataset import open_prepared
        from vitrine.workflows.gate import pass_gate

        prepared = open_prepared(self.folder / PREPARED)
        return pass_gate(self.line.model, candidate, prepared, self.changes.names, self.margins)

    def _refuse(self, result: "GateResult") -> Retrained:
        report = self._report(result)
        self._write(report, result)
        shutil.rmtree(self.folder / PREPARED)  # the size of all pictures; the table makes it again
        return Retrained(self.folder, report, self.line, None)

    def _accept(self, result: "GateResult", run: Path) -> Retrained:
        accuracy, line = Run.open(run).accuracy, self.line
        passed = {"became": line.next_number, "test_accuracy": accuracy, "test_readings": line.log.test_readings + 1}
        report = self._report(result).model_copy(update=passed)
        self._write(report, result)
        names = read_facts(self.folder / PREPARED).label_names
        class_ids = number_classes(line.in_use.class_ids, self.changes, names, line.highest_class_id)
        line = line.add(
            run, describe_change(report), accuracy, class_ids, (self.folder / GATE, self.folder / GATE_REPORT)
        )
        return Retrained(self.folder, report, line, run)

    def _report(self, result: "GateResult") -> GateReport:
        return GateReport(
            name=self.line.log.name,
            created=now(),
            revision=self.line.log.in_use,
            corrections=self.table,
            dataset_version=read_facts(self.folder / PREPARED).version,
            margins=self.margins,
            learned=self._gather_learned(),
            findings=result.findings,
            test_readings=self.line.log.test_readings,
        )

    def _gather_learned(self) -> Learned:
        """From the data set as it was prepared: a row may have been refused there, as a copy of what judges."""
        from vitrine.data.labels.added import name_added
        from vitrine.records.manifest import read_manifest

        before, after = self._facts_before(), read_facts(self.folder / PREPARED)
        columns = ("file", "label_name", "status", "reason")
        manifest = read_manifest(self.folder / PREPARED, columns).set_index("file")
        rows = {name_added(Path(row.file)): row for row in self.joined.new if row.action == ADD}
        added = manifest.loc[[name for name in rows if name in manifest.index]]
        unused = added[added["status"] != "kept"]
        refused = {**self.joined.refused, **{rows[str(name)].file: why for name, why in unused["reason"].items()}}
        actions = Counter(row.action for row in self.joined.new)
        return Learned(
            relabeled=actions[RELABEL],
            removed=actions[REMOVE],
            added=dict(Counter(added.loc[added["status"] == "kept", "label_name"])),
            left_out=tuple(LeftOut(file=file, reason=why) for file, why in refused.items()),
            elsewhere=self.joined.elsewhere,
            classes=self._list_changes(before, after),
            training_pictures=(sum(before.counts["train"].values()), sum(after.counts["train"].values())),
        )

    def _list_changes(self, before: PreparedFacts, after: PreparedFacts) -> tuple[ClassChange, ...]:
        names = self.changes.names
        there = {names.get(name, name) for name in before.label_names}
        return (
            *(ClassChange(kind="renamed", before=old, now=new) for old, new in self.changes.renamed.items()),
            *(ClassChange(kind="merged", before=old, now=names[old]) for old in self.changes.merged),
            *(ClassChange(kind="added", now=name) for name in after.label_names if name not in there),
        )

    def _facts_before(self) -> PreparedFacts:
        return read_facts(self.recipe.prepared_folder)

    def _write(self, report: GateReport, result: "GateResult") -> None:
        from vitrine.data.prepared.dataset import open_prepared
        from vitrine.records.spreadsheet import write_guarded_csv
        from vitrine.reports.gate.page import write_gate_page

        write_guarded_csv(self.folder / GATE_ANSWERS, result.answers)
        report.write(self.folder / GATE)
        prepared = open_prepared(self.folder / PREPARED)
        write_gate_page(self.folder, report, result.answers, prepared, self.recipe.report.language)


def describe_change(report: GateReport) -> str:
    """What is new in a revision, in a sentence of its log."""
    learned = report.learned
    parts = [f"{change.kind} {change.before or change.now}" for change in learned.classes]
    counts = {"relabelled": learned.relabeled, "removed": learned.removed, "added": sum(learned.added.values())}
    parts += [f"{count:,} {'picture' if count == 1 else 'pictures'} {what}" for what, count in counts.items() if count]
    better = report.findings.difference is not None and report.findings.difference.verdict == "better"
    return f"{report.corrections}: {', '.join(parts) or 'nothing new'}{'; shown to be better' if better else ''}"
