"""Show every run: name, age, duration, accuracy, loss, network, optimiser; unfinished ones with how to go on.

python -m vitrine runs
python -m vitrine runs --sort accuracy --name 'dogs*'
python -m vitrine runs --csv > runs.csv
python -m vitrine runs --name 'dogs*' --curves curves.png
python -m vitrine runs --name 'dogs*' --curves curves.png --smoothing 0.6 --relative-time
"""

import argparse
import csv
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from rich.console import Console
from rich.table import Table

from vitrine.commands.console import command_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.data.augmentation.description import describe_augmentation
from vitrine.data.sources.addresses import address_of
from vitrine.errors import UserError
from vitrine.experiments.compare.cost import is_compared
from vitrine.invocation import command_line
from vitrine.listing import suggest
from vitrine.records import folder as run_folder
from vitrine.records.spreadsheet import guard_row
from vitrine.reports.runs import (
    Order,
    Run,
    Runs,
    as_record,
    describe_head,
    describe_split,
    feature_views,
    find_runs,
    sort_runs,
)
from vitrine.ui.texts import load_texts, plain_spaces

RUNS = Path("runs")
WIDTH = 100  # where there is no terminal to ask
LEAST_WORDS = 30  # columns for names and networks; where the terminal leaves fewer, these go, the first first
LEFT_OUT = ("data", "epochs", "loss", "optimiser", "duration")
GAP = 2
HEADINGS = ("name", "age", "duration", "accuracy", "loss", "network", "optimiser", "epochs", "data")
VERSION_LETTERS = 4  # of the data set's version: enough to tell a few apart
STEPS = ((60, "min"), (60, "h"), (24, "day"), (7, "week"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    found = Runs([], [])

    def show() -> None:
        nonlocal found
        found = _show(build_parser().parse_args(arguments))

    # What could be read is shown, but a script must be able to tell that something is missing.
    return run_command(show) or int(bool(found.faults))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("runs", __doc__)
    parser.add_argument(
        "--sort",
        choices=get_args(Order),
        default="age",
        help="best first: newest (default), most accurate, least loss, quickest",
    )
    parser.add_argument("--name", default="*", metavar="PATTERN", help="only runs of such names, with * and ?")
    parser.add_argument(
        "--curves",
        type=Path,
        metavar="FILE",
        help="draw the curves of these runs into a picture (PNG or SVG), validation loss and accuracy by epoch",
    )
    parser.add_argument(
        "--smoothing",
        type=float,
        default=0.0,
        metavar="WEIGHT",
        help="of the curves, as TensorBoard's: 0 (default, none) to below 1; what was measured stays as a faint line",
    )
    parser.add_argument(
        "--relative-time", action="store_true", help="draw the curves over the seconds of each training, not its epochs"
    )
    parser.add_argument("--csv", action="store_true", help="every figure, as comma-separated values")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="where runs lie (default: runs)")
    return parser


def _show(options: argparse.Namespace) -> Runs:
    if (options.smoothing or options.relative_time) and options.curves is None:
        raise UserError("--smoothing and --relative-time are of curves; give --curves FILE too")
    if not 0 <= options.smoothing < 1:
        raise UserError(f"--smoothing: must be from 0 to below 1 (got {options.smoothing:g})")
    if not options.runs.is_dir():
        raise UserError(f"--runs: there is no folder {options.runs}; the first `{command_line('train')}` makes it")
    found = find_runs(options.runs, options.name)
    runs = sort_runs(found.runs, options.sort)
    if not runs and not found.faults:
        names = sorted({run.name for run in find_runs(options.runs).runs})
        there = suggest(options.name, names) if names else ""
        raise UserError(f"{options.runs}: no run has a name like '{options.name}'{there}")
    if options.csv:
        _write_csv(runs)
    else:
        _print_table(runs)
        _print_what_to_do(runs)
    if options.curves is not None:
        _draw_curves(runs, options)
    _name_faults(found)
    return found


def _write_csv(runs: Sequence[Run]) -> None:
    records = [as_record(run) for run in runs]
    if records:
        writer = csv.DictWriter(sys.stdout, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(guard_row, records))


def _print_table(runs: Sequence[Run]) -> None:
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    now = datetime.now().astimezone()
    networks = _describe_networks(runs)
    rows = [_cells(run, network, now) for run, network in zip(runs, networks, strict=True)]
    columns = {column[0]: column for column in zip(HEADINGS, *rows, strict=True)}
    longest = _share_width(columns, width)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for heading, most in longest.items():
        right = heading not in ("name", "network", "optimiser")
        justify: Literal["left", "right"] = "right" if right else "left"
        # What tells recipes apart may take several lines; everything else is one word or two.
        table.add_column(heading, no_wrap=heading != "network", min_width=most, max_width=most, justify=justify)
    for cells in zip(*(columns[heading][1:] for heading in longest), strict=True):
        table.add_row(*cells)
    Console(width=width, highlight=False, markup=False, emoji=False).print(table)
    if len(longest) < len(HEADINGS):
        left_out = [heading for heading in HEADINGS if heading not in longest]
        print(f"({', '.join(left_out)}: in a wider terminal, or with --csv)")


def _share_width(columns: Mapping[str, Sequence[str]], width: int) -> dict[str, int]:
    """The width of each column that has room; names and networks may be of any length, and share what others leave."""
    longest = {heading: max(map(len, column)) for heading, column in columns.items()}

    def room() -> int:
        return width - GAP * len(longest) - sum(longest.values()) + longest["name"] + longest["network"]

    for heading in LEFT_OUT:
        if room() >= min(LEAST_WORDS, longest["name"] + longest["network"]):
            break
        del longest[heading]
    left = max(room(), 2)  # of a terminal for nothing at all
    network = min(longest["network"], max(left // 2, left - longest["name"]))
    return longest | {"network": network, "name": min(longest["name"], left - network)}


def _draw_curves(runs: Sequence[Run], options: argparse.Namespace) -> None:
    from vitrine.reports.shared.run_curves import MOST_NAMES, SECONDS, CurveOptions, read_run_curve, run_curves
    from vitrine.ui.figures import check_figure_file, save_figure

    file: Path = options.curves
    check_figure_file("--curves", file)
    found = [read_run_curve(f"{run.name} {run.folder.name}", run.folder) for run in runs if run.metrics]
    curves = [one for one in found if one is not None and (SECONDS in one.history or not options.relative_time)]
    if not curves:
        raise UserError("--curves: no run in the table is finished, so there is no curve to draw")
    if len(curves) > MOST_NAMES:
        raise UserError(
            f"--curves: {len(curves)} runs are too many to tell apart; --name chooses, {MOST_NAMES} at most"
        )
    drawn = CurveOptions(options.smoothing, options.relative_time)
    save_figure(run_curves(curves, load_texts("en"), options=drawn), file)
    print(f"curves: {file}", file=sys.stderr)


def _describe_networks(runs: Sequence[Run]) -> list[str]:
    """The network of each run, and of its recipe what tells it apart from the others in the table."""
    told = [_tell_recipe(run) for run in runs]
    differs = [len(set(values)) > 1 for values in zip(*told, strict=True)]
    return [
        ", ".join([_name_network(run.recipe), *(value for value, tells in zip(values, differs, strict=True) if tells)])
        for run, values in zip(runs, told, strict=True)
    ]


def _name_network(recipe: Recipe) -> str:
    return Path(recipe.model.backbone).name + (", head" if recipe.model.trainable_part == "head" else "")


def _tell_recipe(run: Run) -> tuple[str, ...]:
    recipe = run.recipe
    return (
        f"{describe_head(recipe)} head",
        f"augmentation {describe_augmentation(recipe.augmentation, feature_views(run))}",
        f"split {describe_split(recipe)}",
    )


def _cells(run: Run, network: str, now: datetime) -> list[str]:
    recipe, metrics = run.recipe, run.metrics
    optimizer = f"{recipe.optim.name} {recipe.optim.learning_rate:g}"
    if metrics is None or run.seconds is None:
        state = "at work" if run.at_work else "unfinished"
        return [run.name, age(run.started, now), "-", state, "-", network, optimizer, f"?/{recipe.optim.epochs}", "-"]
    low, high = metrics.test.accuracy_interval
    return [
        run.name,
        age(run.started, now),
        plain_spaces(load_texts("en").duration(run.seconds)),
        f"{metrics.test.accuracy:.3f} {low:.2f}-{high:.2f}",
        f"{metrics.test.loss:.3f}",
        network,
        optimizer,
        f"{metrics.training.epochs}/{recipe.optim.epochs}",
        (run.dataset_version or "-")[:VERSION_LETTERS],
    ]


def age(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: "2 h ago"; both times with their zones."""
    amount, unit = (now - moment).total_seconds(), "s"
    if amount < 0:
        return "in future"  # a clock was wrong
    for step, larger in STEPS:
        if amount < step:
            break
        amount, unit = amount / step, larger
    number = int(amount)
    return f"{number} {unit}{'s' if unit in ('day', 'week') and number > 1 else ''} ago"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _print_what_to_do(runs: Sequence[Run]) -> None:
    finished = [run for run in runs if run.metrics]
    unfinished = [run for run in runs if not run.metrics and not run.at_work]
    if finished:
        print("\naccuracy: of the test pictures, with its 95 % interval")
        _name_the_best(finished)
        _warn_of_versions(finished)
    if unfinished:
        print(f"\n{_count(len(unfinished), 'run')} unfinished; to go on:")
    now = datetime.now().astimezone()
    for run in unfinished:
        last = f"  (last written {age(run.last_written, now)})" if run.last_written else ""
        if is_compared(run.folder):
            print(f"  the command of its comparison once more: {run.folder}{last}")
        else:
            print(f"  {command_line('train')} --resume {run.folder}{last}")


def _name_the_best(finished: Sequence[Run]) -> None:
    """The most accurate run of each data set, of each version of it: those of two cannot be compared."""
    by_data: dict[str, list[Run]] = {}
    for run in finished:
        by_data.setdefault(run.dataset_version or str(run.recipe.prepared_folder), []).append(run)
    for runs in by_data.values():
        best = sort_runs(runs, "accuracy")[0]
        report = best.folder / run_folder.REPORT
        version = f" ({best.dataset_version[:VERSION_LETTERS]})" if best.dataset_version else ""
        place = address_of(best.recipe.prepared_folder) or best.recipe.prepared_folder
        of = "" if len(by_data) == 1 else f" on {place}{version}"
        print(f"most accurate{of}: {report if report.exists() else best.folder}")  # a comparison may leave reports out


def _warn_of_versions(finished: Sequence[Run]) -> None:
    """Says where the pictures of one name have changed in between: those runs were not measured on the same test."""
    versions: dict[str, set[str]] = {}
    for run in finished:
        if run.dataset_version:  # earlier builds noted none
            versions.setdefault(run.name, set()).add(run.dataset_version)
    for name in sorted(name for name, found in versions.items() if len(found) > 1):
        print(
            f"note: runs of {name} are of {len(versions[name])} versions of their pictures (data); compare within one"
        )


def _name_faults(found: Runs) -> None:
    if found.faults:
        print(f"\n{_count(len(found.faults), 'folder')} could not be read as a run:", file=sys.stderr)
    for fault in found.faults:
        print(f"  {fault}", file=sys.stderr)
