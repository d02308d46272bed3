"""Prepare a folder of pictures for training: check them, split them, report.

One sub-folder per class, with or without train, validation and test folders
above them. Nothing in the source is changed or deleted; a file that cannot be
used is named with its reason.

  python data_prep.py configs/digits.yaml                      # built-in data
  python data_prep.py name=birds data.source=~/pictures/birds  # your own folder
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from vitrine.commands.console import parse_recipe, run_command
from vitrine.config.schema import BUILTIN_DIGITS, Recipe

if TYPE_CHECKING:
    import pandas as pd

    from vitrine.data.prepared import PreparedFacts

LINES = 10  # of reasons and of notes; the report lists all


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    return run_command(lambda: _prepare(parse_recipe("data_prep.py", __doc__ or "", words).recipe, words))


def _prepare(recipe: Recipe, words: Sequence[str]) -> None:
    console = Console(highlight=False)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {"starting": progress.add_task("starting", total=None)}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                progress.update(tasks["starting"], visible=False)
                tasks[what] = progress.add_task(what)
            progress.update(tasks[what], completed=done, total=total)

        from vitrine.data.builtin import write_digits  # seconds of imports
        from vitrine.data.prepared import REPORT, Settings, check_place, read_manifest
        from vitrine.data.preparing import write_prepared
        from vitrine.records.atomic import new_folder
        from vitrine.reporting.data_report import write_data_report

        final = recipe.prepared_folder
        source = write_digits() if recipe.data.source == BUILTIN_DIGITS else Path(recipe.data.source).expanduser()
        check_place(final, source)
        with new_folder(final, replace=True) as folder:
            facts = write_prepared(folder, recipe.name, source, Settings(data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation), show)
            write_data_report(folder)
            manifest = read_manifest(folder)
    console.print(_count_table(facts), "")
    console.print(
        f"{facts.files_found:,} files found = {facts.files_kept:,} used + {facts.files_quarantined:,} unreadable "
        f"+ {facts.files_left_out:,} left out\n"
    )
    _print_reasons(console, manifest)
    _print_notes(console, facts.notes)
    console.print(
        f"data set: {final}\nreport:   {final / REPORT}\nnext:     python train.py {shlex.join(words)}",
        markup=False,
        soft_wrap=True,
    )


def _count_table(facts: "PreparedFacts") -> Table:
    table = Table("class", *facts.counts, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for label_name in facts.label_names:
        table.add_row(Text(label_name), *(f"{counts[label_name]:,}" for counts in facts.counts.values()))
    table.add_section()
    table.add_row("all", *(f"{sum(counts.values()):,}" for counts in facts.counts.values()))
    return table


def _print_reasons(console: Console, manifest: "pd.DataFrame") -> None:
    """How many files are not used for which reason, the most frequent first, each with an example."""
    unused = manifest[manifest["status"] != "kept"]
    if unused.empty:
        return
    reasons = unused.groupby("reason", sort=False)["file"].agg(["count", "first"]).sort_values("count", ascending=False)
    table = Table("files", "not used because", "for example", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.columns[0].justify = "right"
    for reason, (count, example) in zip(reasons.index[:LINES], reasons.to_numpy(), strict=False):
        table.add_row(f"{count:,}", Text(str(reason)), Text(example))
    if len(reasons) > LINES:
        table.add_row("", f"{len(reasons) - LINES} more reasons: see the report", "")
    console.print(table, "")


def _print_notes(console: Console, notes: Sequence[str]) -> None:
    table = Table.grid(padding=(0, 1))
    for note in notes[:LINES]:
        table.add_row(Text("note:", "yellow"), Text(note))
    if len(notes) > LINES:
        table.add_row(Text("note:", "yellow"), f"{len(notes) - LINES} more notes: see the report")
    if notes:
        console.print(table, "")
