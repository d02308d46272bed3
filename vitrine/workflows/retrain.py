"""From corrections to a new revision of a model, or to the reasons why there is none."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.config.aliases import complete_section
from vitrine.config.loading import load_recipe, write_overrides
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.environment import now
from vitrine.records.gate import GATE, GATE_ANSWERS, GATE_REPORT, GateMargins, GateReport, Learned, LeftOut
from vitrine.records.prepared import read_facts
from vitrine.records.revisions import ATTEMPTS, LOG, ModelLine, hold_line
from vitrine.records.training_data import TrainingData
from vitrine.workflows.parameters import Place
from vitrine.workflows.progress import Show, show_progress
from vitrine.workflows.run import Run
from vitrine.workflows.train import RUNS, listen, train_recipe

if TYPE_CHECKING:
    from vitrine.data.labels.further_corrections import Joined
    from vitrine.training.loop.progress import Listeners
    from vitrine.workflows.gate import GateResult

MODELS = Path("models")
CORRECTIONS = "corrections.csv"
PREPARED = "prepared"
# What decides which pictures there are, their sides and their pixels: both models must be asked the same question.
FIXED_SECTIONS = ("data", "labels", "checks", "preparation")


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


def retrain(
    run: Place,
    corrections: Place,
    /,
    *,
    margins: GateMargins | None = None,
    models: Place = MODELS,
    folder: Place = RUNS,
    progress: bool | None = None,
    **parameters: Any,
) -> Retrained:
    """Trains a model again with corrections, and puts it in use where it is shown not to be worse.

    The recipe is that of the model in use, whose weights the training starts from. The gate asks both models about
    the pictures that were set aside for it (`data.gate_fraction`). The test pictures are read only for a model that
    passed.

    Args:
        run: folder of a finished run, or of a model with its revisions (`models/dogs`).
        corrections: table as `python -m vitrine corrections` writes it, with actions.
        margins: by how much the model may do worse; None takes the usual ones.
        models: below which revisions are kept: `<models>/<name>`.
        folder: below which the run of an accepted model is written.
        progress: True shows a bar, False shows nothing; None: a bar on a terminal and in a notebook.
        **parameters: of the recipe that shall be otherwise, as for `vitrine.train`; not of the pictures.

    Raises:
        UserError: it cannot be retrained like this; the message says what to do.
    """
    with show_progress(progress) as show:
        return retrain_model(
            Path(run).expanduser(),
            Path(corrections).expanduser(),
            margins or GateMargins(),
            list(write_overrides(parameters)),
            (Path(models).expanduser(), Path(folder).expanduser()),
            show,
        )


def retrain_model(
    place: Path,
    table: Path,
    margins: GateMargins,
    overrides: list[str],
    folders: tuple[Path, Path],
    show: Show,
    listeners: "Listeners | None" = None,
) -> Retrained:
    """The same for commands and pages.

    Args:
        place: of a run, or of a model with its revisions.
        table: of corrections.
        margins: of the gate.
        overrides: `section.name=value` each.
        folders: below which revisions, and below which runs are kept.
        show: told how the preparation goes, and the training too where nobody else listens to it.
        listeners: told how the training goes.

    Raises:
        UserError: it cannot be retrained like this.
    """
    models, runs = folders
    _check_overrides(overrides)
    run, line_folder = _find(place, models)
    recipe = _read_recipe(run, overrides)
    _check_data(run, recipe)
    with hold_line(line_folder):
        line = _open_line(line_folder, recipe.name, run)
        with _attempt(line) as folder:
            joined = _join(recipe, table, folder)
            return _Retraining(line, run, recipe, joined, table, margins, folder).carry_out(runs, show, listeners)


@dataclass(frozen=True)
class _Retraining:
    """One attempt; `recipe` is that of the model in use, with what the person changed."""

    line: ModelLine
    run: Path
    recipe: Recipe
    joined: "Joined"
    table: Path
    margins: GateMargins
    folder: Path

    def carry_out(self, runs: Path, show: Show, listeners: "Listeners | None") -> Retrained:
        recipe = self._prepare(show)
        results: list[GateResult] = []

        def ask(candidate: Path) -> None:
            show("gate", 0, 0)
            results.append(self._pass_gate(candidate))
            if results[0].findings.verdict != "accepted":
                raise _NotAccepted

        kept: list[Path] = []
        try:
            listeners = listeners or listen(show, recipe.optim.epochs)
            trained = train_recipe(recipe, None, runs, listeners, kept.append, time.monotonic(), ask)
        except _NotAccepted:
            for unfinished in kept:  # nobody goes on with it
                shutil.rmtree(unfinished, ignore_errors=True)
            return self._conclude(results[0], None)
        if trained is None:
            raise UserError("retrain works in one process; start it without accelerate")
        return self._conclude(results[0], trained.folder)

    def _prepare(self, show: Show) -> Recipe:
        """Writes the data set of the retraining; gives the recipe that it is trained with."""
        from vitrine.workflows.prepare import write_data_set

        sections = self.recipe.model_dump()
        sections["data"] |= {"corrections": str(self.folder / CORRECTIONS), "prepared": str(self.folder / PREPARED)}
        sections["model"] |= {"warm_start": str(self.line.model), "warm_start_rename": {}}
        recipe = Recipe.model_validate(sections)
        write_data_set(recipe, show, earlier=self.recipe.prepared_folder)
        return recipe

    def _pass_gate(self, candidate: Path) -> "GateResult":
        from vitrine.data.prepared.dataset import open_prepared
        from vitrine.workflows.gate import pass_gate

        return pass_gate(self.line.model, candidate, open_prepared(self.folder / PREPARED), {}, self.margins)

    def _conclude(self, result: "GateResult", run: Path | None) -> Retrained:
        """Writes the report; an accepted model becomes the revision in use."""
        from vitrine.records.atomic import write_text
        from vitrine.records.spreadsheet import guarded_csv

        write_text(self.folder / GATE_ANSWERS, guarded_csv(result.answers))
        report, line = self._report(result), self.line
        if run is None:
            self._write(report, result)
            shutil.rmtree(self.folder / PREPARED)  # the size of all pictures; the table makes it again
            return Retrained(self.folder, report, line, None)
        accuracy = Run.open(run).accuracy
        passed = {
            "became": line.next_number,
            "test_accuracy": accuracy,
            "test_readings": line.log.test_readings + 1,
        }
        report = report.model_copy(update=passed)
        self._write(report, result)
        beside = (self.folder / GATE, self.folder / GATE_REPORT)
        line = line.add(run, self._say_change(report.learned), accuracy, beside)
        return Retrained(self.folder, report, line, run)

    def _report(self, result: "GateResult") -> GateReport:
        facts = read_facts(self.folder / PREPARED)
        return GateReport(
            name=self.line.log.name,
            created=now(),
            revision=self.line.log.in_use,
            corrections=self.table.name,
            dataset_version=facts.version,
            margins=self.margins,
            learned=self._gather_learned(),
            findings=result.findings,
            test_readings=self.line.log.test_readings,
        )

    def _gather_learned(self) -> Learned:
        before, after = read_facts(self.recipe.prepared_folder), read_facts(self.folder / PREPARED)
        actions = [row.action for row in self.joined.new]
        return Learned(
            relabeled=actions.count("relabel"),
            removed=actions.count("remove"),
            left_out=tuple(LeftOut(file=file, reason=why) for file, why in self.joined.refused.items()),
            training_pictures=(sum(before.counts["train"].values()), sum(after.counts["train"].values())),
        )

    def _say_change(self, learned: Learned) -> str:
        return f"{self.table.name}: {learned.relabeled:,} labels corrected, {learned.removed:,} pictures removed."

    def _write(self, report: GateReport, result: "GateResult") -> None:
        from vitrine.data.prepared.dataset import open_prepared
        from vitrine.reports.gate.page import write_gate_page

        report.write(self.folder / GATE)
        prepared = open_prepared(self.folder / PREPARED)
        write_gate_page(self.folder, report, result.answers, prepared, self.recipe.report.language)


def _check_overrides(overrides: list[str]) -> None:
    """Refuses what would ask both models different questions."""
    for one in overrides:
        name = one.partition("=")[0].strip()
        if name == "name" or name.split(".")[0] in FIXED_SECTIONS or name.startswith("model.warm_start"):
            raise UserError(
                f"{name}: a retraining keeps the pictures, their preparation and the name of the model in use, so that "
                f"both can be compared; leave it out, or train a new model (`{command_line('train')}`)"
            )


def _find(place: Path, models: Path) -> tuple[Path, Path]:
    """The run of the model in use, and the folder of its revisions."""
    if (place / LOG).is_file():
        return Path(ModelLine.open(place).in_use.run), place
    run = Run.open(place).folder
    return run, models / load_recipe(run / run_folder.RECIPE).name


def _open_line(folder: Path, name: str, run: Path) -> ModelLine:
    """The revisions of a model; a run becomes the first one."""
    if not (folder / LOG).is_file():
        return ModelLine.begin(folder, name, run, Run.open(run).accuracy)
    line = ModelLine.open(folder)
    if Path(line.in_use.run).resolve() != run.resolve():
        raise UserError(
            f"{run} is not the run of the model in use: {folder} is at revision {line.log.in_use}, of the run "
            f"{line.in_use.run}. Give {folder} in place of the run, or roll back first "
            f"(`{command_line('rollback')} {folder}`)"
        )
    return line


def _read_recipe(run: Path, overrides: list[str]) -> Recipe:
    path = run / run_folder.RECIPE
    if not path.is_file():
        raise UserError(f"{run} is gone, or has no {run_folder.RECIPE}: without its recipe nothing can be retrained")
    return load_recipe(path, overrides, defaults={"preparation": complete_section("preparation", {})})


def _check_data(run: Path, recipe: Recipe) -> None:
    """Makes sure that the data set is the one that the model in use was trained on, and has pictures for the gate."""
    facts = read_facts(recipe.prepared_folder)
    if not facts.counts.get("gate"):
        raise UserError(
            f"{recipe.prepared_folder} has no pictures set aside for the gate, so nobody could tell whether a "
            f"retrained model is worse; run `{command_line('prepare')}` with data.gate_fraction=0.2, and train on it "
            "first"
        )
    learned_from = TrainingData.read(run / run_folder.DATA).version
    if learned_from != facts.version:
        raise UserError(
            f"{recipe.prepared_folder} was prepared anew since {run} was trained (version {facts.version}, not "
            f"{learned_from}), so the model may know pictures of the gate; train on it once more, then retrain"
        )


def _join(recipe: Recipe, table: Path, folder: Path) -> "Joined":
    """Writes the corrections of before and the new ones as one table."""
    from vitrine.data.labels.corrections import read_corrections, read_rows
    from vitrine.data.labels.further_corrections import join_corrections
    from vitrine.records.corrections import COLUMNS, write_cells
    from vitrine.records.manifest import read_manifest

    encoding = recipe.data.encoding
    read_corrections(table, encoding)  # says what is not clear
    earlier = Path(recipe.data.corrections).expanduser() if recipe.data.corrections else None
    before = [row for _, row in read_rows(earlier, encoding) if row.action] if earlier else []
    marked = [row for _, row in read_rows(table, encoding) if row.action]
    joined = join_corrections(before, marked, read_manifest(recipe.prepared_folder))
    columns = (*COLUMNS, "kind")
    write_cells(folder / CORRECTIONS, columns, ([getattr(row, name) for name in columns] for row in joined.rows))
    return joined


@contextmanager
def _attempt(line: ModelLine) -> Iterator[Path]:
    """A folder for one attempt; one that fails or is stopped leaves none."""
    parent = line.folder / ATTEMPTS
    parent.mkdir(exist_ok=True)
    stamp, number = datetime.now().strftime("%Y-%m-%d_%H-%M-%S"), 1  # local time, as of runs
    while (folder := parent / (stamp if number == 1 else f"{stamp}_{number}")).exists():
        number += 1
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def roll_back(folder: Place, to: int | None = None) -> ModelLine:
    """Puts a former revision of a model in use, bit for bit.

    Args:
        folder: of the model, `models/dogs`.
        to: number of the revision; None: the one before the one in use.

    Raises:
        UserError: there is none, or it is damaged.
    """
    place = Path(folder).expanduser()
    line = ModelLine.open(place)
    with hold_line(place):
        line = ModelLine.open(place)
        before = [revision.number for revision in line.log.revisions if revision.number < line.log.in_use]
        if to is None and not before:
            raise UserError(f"{place}: revision {line.log.in_use} is in use, and there is none before it")
        return line.use(before[-1] if to is None else to)
