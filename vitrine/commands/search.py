"""Search the hyper-parameters of a recipe, and measure what that gained.

Trials are kept in runs/search/<name>; the same command goes on with what is missing, after a kill too.

python -m vitrine search configs/search/digits.yaml
python -m vitrine search configs/search/digits.yaml --trials 60 --workers 2
python -m vitrine search configs/search/s1.yaml data.source=~/pictures/dogs --language fr
python -m vitrine search configs/search/s1.yaml --storage postgresql://user:password@host/db   # on each machine
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.experiments.search.file import Search, load_search
from vitrine.invocation import command_line
from vitrine.workflows.early_checks import check_inputs

if TYPE_CHECKING:
    from vitrine.experiments.search.trials import TrialReport

SEARCHES = Path("runs") / "search"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        search, options = _parse(arguments)
        _search(search, options)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("search", __doc__)
    parser.add_argument("file", type=Path, help="YAML file, see configs/search/")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="name=value", help="of the search, or of the base recipe"
    )
    parser.add_argument("--trials", metavar="N", help="trials of the whole search; those of earlier calls count")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that share the trials")
    parser.add_argument("--storage", metavar="URL", help="database or journal file that several machines reach")
    parser.add_argument("--language", choices=("en", "fr"), help="of the page (default: report.language of the recipe)")
    parser.add_argument("--join", action="store_true", help="work on trials only; another process writes the page")
    return parser


def _parse(arguments: Sequence[str] | None) -> tuple[Search, argparse.Namespace]:
    options = build_parser().parse_intermixed_args(arguments)
    if options.workers < 1:
        raise UserError(f"--workers: must be at least 1 (got {options.workers})")
    words = [word for word in options.overrides if "=" not in word]
    if words:
        raise UserError(f"{words[0]}: one search file at a time; parameters read name=value")
    trials = [] if options.trials is None else [f"trials={options.trials}"]
    return load_search(options.file, [*options.overrides, *trials]), options


def _search(search: Search, options: argparse.Namespace) -> None:
    check_inputs(search.base)
    from vitrine.experiments.search.run import BEST, Place, conclude, do_trials, open_search
    from vitrine.experiments.search.storage import default_address
    from vitrine.models.quiet import silence_transformers
    from vitrine.reports.search.page import PAGE
    from vitrine.ui.texts import load_texts

    silence_transformers()
    search, prepared = open_search(search)
    folder = SEARCHES / search.name
    if options.storage is None:
        folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder, options.storage or default_address(folder))
    try:
        study = do_trials(search, prepared, place, options.workers, print_report, say)
        if options.join:
            return
        texts = load_texts(options.language or search.base.report.language)
        sentence, _ = conclude(search, prepared, study, place, texts, say)
    except KeyboardInterrupt:
        print("\nwhat was done is kept: the same command goes on from there", flush=True)
        raise
    print(f"\n{sentence}\nbest recipe: {folder / BEST}\npage:        {folder / PAGE}")
    print(f"next:        {command_line('train')} {folder / BEST}")


def say(text: str) -> None:
    """Tells a person; workers call it too."""
    print(text, flush=True)


def print_report(report: "TrialReport") -> None:
    """One line for each trial."""
    figure = "" if report.value is None else f" {report.value:.4f}"
    best = "" if report.best is None else f", best {report.best:.4f}"
    reason = f": {report.reason}" if report.reason else ""
    print(
        f"trial {report.number}: {report.state.name.lower()}{figure}{reason} ({report.seconds:.1f} s{best})", flush=True
    )
