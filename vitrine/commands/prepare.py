"""Prepare pictures for training: check them, split them, make squares, report.

The source is a folder with one sub-folder per class, with or without train,
validation and test folders above or in them; a zip or tar archive of one; a table
(CSV, TSV, Parquet, JSON lines) of pictures and labels; or a data set of the
Hugging Face Hub. Nothing in it is changed or deleted; a file that cannot be
used is named with its reason. A second run takes over what has not changed.
From 10,000 files on processes read them, eight at most; --run-on has others do
so, or as many as you say, and make the squares, too.

  python data_prep.py configs/digits.yaml                      # built-in data
  python data_prep.py name=birds data.source=~/pictures/birds  # your own folder
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.commands.engine_options import OPTIONS, add_engine_options, read_engine
from vitrine.config.recipe import Recipe
from vitrine.data.prepare.working_folder import AtWorkError
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.work.local import LocalPool, count_cores
from vitrine.work.part import FolderGoneError
from vitrine.work.ranks import LeadingRank, Ranks
from vitrine.work.unit import Engine
from vitrine.workflows.prepare import make_images_as_rank, read_settings, scan_as_rank, write_data_set
from vitrine.workflows.progress import show_progress

if TYPE_CHECKING:
    import pandas as pd

    from vitrine.records.prepared import PreparedFacts

SERIES = "series_by_"  # how the names of such findings begin
# From so many files on processes read them, where nobody says who: threads wait for the interpreter's lock, and read
# small pictures no faster than one does.
MANY_FILES = 10_000
MOST_PROCESSES = 8  # then; a hundred megabytes each
LINES = 10  # of reasons and of notes; the report lists all
MOST_ROWS = 40  # of the table of classes; the report lists all


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    return run_command(lambda: _run(words))


def _run(words: Sequence[str]) -> None:
    parsed = read_recipe(build_parser(), words)
    recipe, options = parsed.recipe, parsed.options
    engine, least_files = read_engine(options), 0
    if engine is None:
        engine, least_files = LocalPool(min(count_cores(), MOST_PROCESSES)), MANY_FILES
    if not isinstance(engine, Ranks):
        _prepare(recipe, _words_of_the_recipe(words), options.again, engine, least_files)
    elif _share_is_last(recipe, engine, options.again):
        try:
            _prepare(recipe, _words_of_the_recipe(words), options.again, LeadingRank(engine))
        except AtWorkError as error:
            print(_help_leading_rank(recipe, engine, error))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("prepare", __doc__)
    parser.add_argument("--again", action="store_true", help="read every picture again, even if nothing has changed")
    add_engine_options(parser, "read the pictures and make the squares")
    return parser


def _words_of_the_recipe(words: Sequence[str]) -> list[str]:
    """What of the command line the next command needs too."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in OPTIONS:
            skip = True
        elif word != "--again" and not word.startswith(tuple(f"{name}=" for name in OPTIONS)):
            kept.append(word)
    return kept


def _share_is_last(recipe: Recipe, ranks: Ranks, again: bool) -> bool:
    """Reads the share of this rank; whether the shares of all others are read too."""
    from vitrine.data.prepare.unchanged import find_unchanged

    console = Console(highlight=False)
    with show_progress(console=console, lines=True) as show:
        if not again and find_unchanged(recipe.prepared_folder, read_settings(recipe), show) is not None:
            return True
        try:
            if scan_as_rank(recipe, ranks, show, again):
                return True
        except FolderGoneError:
            if again or find_unchanged(recipe.prepared_folder, read_settings(recipe), show) is None:
                raise
            return True  # by another job, which was done first
    console.print(
        f"rank {ranks.rank} of {ranks.count} has read its share; the one that ends last prepares the data set. "
        "If one was ended before, start the job again: what is done is not done again.",
        soft_wrap=True,
    )
    return False


def _help_leading_rank(recipe: Recipe, ranks: Ranks, at_work: AtWorkError) -> str:
    """Makes squares for the rank at work; what there is to say. An error would make torchrun end that one, too."""
    try:
        with show_progress(console=Console(highlight=False), lines=True) as show:
            made = make_images_as_rank(recipe, ranks, show)
    except FolderGoneError:  # the data set is whole
        made = 0
    except (UserError, OSError) as error:
        return f"rank {ranks.rank} of {ranks.count} leaves its squares to the one that prepares the data set: {error}"
    if not made:
        return f"nothing left to do for this rank: {at_work}"
    return f"rank {ranks.rank} of {ranks.count} has made squares of {made:,} pictures; another one puts all together"


def _prepare(recipe: Recipe, words: Sequence[str], again: bool, engine: Engine, least_files: int = 0) -> None:
    console = Console(highlight=False)
    final = recipe.prepared_folder
    from vitrine.data.prepare.unchanged import find_unchanged
    from vitrine.records.prepared import REPORT

    facts = None
    if not again:
        with show_progress(console=console, lines=True) as show:
            facts = find_unchanged(final, read_settings(recipe), show)
    if facts is None:
        _name_damage(console, final)
        facts = _write_with_progress(recipe, again, engine, least_files, console)
    else:
        done = _renew_report(recipe)
        console.print(f"Nothing has changed since {final} was prepared: {done}.\n", markup=False, soft_wrap=True)
    _print_summary(console, facts, final)
    version = f" (version {facts.version})" if facts.version else ""  # earlier builds noted none
    console.print(
        f"data set: {final}{version}\n"
        f"report:   {final / REPORT}\n"
        f"next:     {command_line('train')} {shlex.join(words)}",
        markup=False,
        soft_wrap=True,
    )


def _name_damage(console: Console, final: Path) -> None:
    """Says what of the earlier data set is missing or damaged, and made anew."""
    from vitrine.data.prepare.damage import find_damage_in

    damage = find_damage_in(final)
    for one in damage[:LINES]:
        console.print(f"damaged: {final / one.file} {one.what}; it is made anew", markup=False, soft_wrap=True)
    if len(damage) > LINES:
        console.print(f"damaged: {len(damage) - LINES:,} more files")


def _renew_report(recipe: Recipe) -> str:
    """Writes the report anew if it is not there in the recipe's language; says what was done."""
    from vitrine.records.prepared import REPORT
    from vitrine.ui.frame import page_language

    folder, language = recipe.prepared_folder, recipe.report.language
    if page_language(folder / REPORT) == language:
        return "nothing to do"
    from vitrine.reports.data.page import write_data_report

    write_data_report(folder, language)
    return "only its report was written anew"


def _write_with_progress(
    recipe: Recipe, again: bool, engine: Engine, least_files: int, console: Console
) -> "PreparedFacts":
    try:
        with show_progress(console=console, lines=True) as show:
            return write_data_set(recipe, show, again, engine=engine, least_files=least_files)
    except KeyboardInterrupt:
        console.print("what was done is kept: the same command goes on from there")
        raise


def _print_summary(console: Console, facts: "PreparedFacts", final: Path) -> None:
    from vitrine.records.manifest import read_unused

    console.print(_count_table(facts), "")
    missing = f"+ {facts.files_missing:,} not there " if facts.files_missing else ""
    console.print(
        f"{facts.files_found:,} files found = {facts.files_kept:,} used {missing}"
        f"+ {facts.files_quarantined - facts.files_missing:,} unreadable + {facts.files_left_out:,} left out\n"
    )
    for sentence in facts.corrections:
        console.print(f"{sentence}\n", markup=False)
    _print_reasons(console, read_unused(final, ("file", "reason")))
    _print_findings(console, final)
    _print_notes(console, facts.notes)


def _count_table(facts: "PreparedFacts") -> Table:
    table = Table("class", *facts.counts, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for label_name in _choose_rows(facts):
        if label_name is None:
            table.add_row(f"... {len(facts.label_names) - MOST_ROWS:,} classes between", *[""] * len(facts.counts))
        else:
            table.add_row(Text(label_name), *(f"{counts[label_name]:,}" for counts in facts.counts.values()))
    table.add_section()
    table.add_row("all", *(f"{sum(counts.values()):,}" for counts in facts.counts.values()))
    return table


def _choose_rows(facts: "PreparedFacts") -> list[str | None]:
    """The classes; of more than forty the largest and the smallest, with None between them."""
    if len(facts.label_names) <= MOST_ROWS:
        return list(facts.label_names)
    totals = {name: sum(counts[name] for counts in facts.counts.values()) for name in facts.label_names}
    by_size = sorted(facts.label_names, key=lambda name: -totals[name])
    return [*by_size[: MOST_ROWS // 2], None, *by_size[-MOST_ROWS // 2 :]]


def _print_reasons(console: Console, unused: "pd.DataFrame") -> None:
    """How many files are not used for which reason, the most frequent first, each with an example."""
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


def _print_findings(console: Console, final: Path) -> None:
    """What the checks found among the pictures, but for the files that are not used."""
    from vitrine.records.findings import read_findings
    from vitrine.records.prepared import FINDINGS

    table = Table("checks found", "how many", "what was done", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.columns[1].justify = "right"
    findings = read_findings(final / FINDINGS)
    for finding in findings:
        if finding.name not in ("unreadable", "missing"):
            table.add_row(finding.title, finding.amount, finding.done)
    if table.row_count:
        console.print(table, "")
    for finding in findings:
        if finding.name.startswith(SERIES):  # a proposal: the rest of it says what would change
            console.print(f"{finding.title}: {finding.advice}\n", markup=False)


def _print_notes(console: Console, notes: Sequence[str]) -> None:
    table = Table.grid(padding=(0, 1))
    for note in notes[:LINES]:
        table.add_row(Text("note:", "yellow"), Text(note))
    if len(notes) > LINES:
        table.add_row(Text("note:", "yellow"), f"{len(notes) - LINES} more notes: see the report")
    if notes:
        console.print(table, "")
