"""Hold variants of a recipe against each other, over seeds or folds: table, paired tests, and a page with the answer.

A comparison file names a base recipe, variants of it, and seeds; ready ones lie in configs/compare/. Runs that are done
already are not done again, and interrupted ones go on. Several machines that share the folder share the work.

python -m vitrine compare configs/compare/heads.yaml data.source=~/pictures/dogs
python -m vitrine compare configs/compare/augmentation.yaml seeds=[0,1,2] --workers 2
python -m vitrine compare configs/compare/backbones.yaml variants.resnet18.model.backbone=weights/resnet18
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rich.console import Console

from vitrine.commands.console import command_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.file import load_comparison
from vitrine.models.backbones.presence import check_backbone
from vitrine.ui.texts import Language, load_texts
from vitrine.workflows.compare import conclude, do_missing, plan_missing
from vitrine.workflows.prepare import write_data_set
from vitrine.workflows.train import RUNS

if TYPE_CHECKING:
    from vitrine.experiments.compare.plan import PlannedRun

SOME_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code, which is 1 where runs failed."""
    failures = 0

    def command() -> None:
        nonlocal failures
        failures = _compare(_parse(arguments))

    return run_command(command) or (SOME_FAILED if failures else 0)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("compare", __doc__)
    parser.add_argument("file", type=Path, help="comparison file (YAML), see configs/compare/")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="name=value",
        help="seeds, folds, name, reference or recipe of the comparison; variants.NAME.section.parameter for one "
        "variant; section.parameter for all",
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that share the runs (default: 1)"
    )
    parser.add_argument(
        "--language", choices=get_args(Language), help="of the page (default: report.language of the recipe)"
    )
    parser.add_argument("--reports", action="store_true", help="write the page of every single run as well")
    parser.add_argument("--retry", action="store_true", help="try runs again that failed before")
    parser.add_argument("--show", action="store_true", help="start nothing: table and page of what is done so far")
    return parser


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    options = build_parser().parse_intermixed_args(arguments)
    words = [word for word in options.overrides if "=" not in word]
    if words:
        raise UserError(f"one comparison at a time; what stands behind it reads name=value (got {words[0]})")
    if options.workers < 1:
        raise UserError(f"--workers: must be at least 1 (got {options.workers})")
    return options


def _compare(options: argparse.Namespace) -> int:
    """Returns how many runs failed."""
    comparison = load_comparison(options.file, options.overrides)  # before seconds of imports
    if not options.show:
        models = (variant.recipe.model for variant in comparison.variants)
        for backbone, pretrained in sorted({(model.backbone, model.pretrained) for model in models}):
            check_backbone(backbone, pretrained)
    from vitrine.commands.comparison_display import print_result
    from vitrine.experiments.compare.results import FIGURES

    console, folder = Console(highlight=False), RUNS / comparison.name

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    runs = plan_missing(comparison, folder, _refuse_to_prepare if options.show else write_data_set, say)
    if not options.show:
        _do(runs, options, console)
    texts = load_texts(options.language or comparison.variants[0].recipe.report.language)
    figures, page = conclude(comparison, runs, folder, texts)
    print_result(figures, texts, console)
    say(f"page:     {page}\nfigures:  {folder / FIGURES}")
    return len(figures.failures)


def _do(runs: Sequence["PlannedRun"], options: argparse.Namespace, console: Console) -> None:
    from vitrine.commands.comparison_display import ComparisonDisplay
    from vitrine.experiments.compare.runner import forget_failures

    if options.retry:
        forget_failures(runs)
    done, failed = sum(run.is_done() for run in runs), sum(run.failure.exists() for run in runs)
    earlier = f", {failed} failed before (--retry tries them again)" if failed else ""
    console.print(f"{len(runs)} runs, {done} of them done{earlier}")
    try:
        with ComparisonDisplay(console, len(runs), done + failed) as display:
            do_missing(runs, display.show, options.workers, options.reports)
    except KeyboardInterrupt:
        console.print("what was done is kept: the same command goes on from there")
        raise


def _refuse_to_prepare(recipe: Recipe) -> None:
    raise UserError(f"--show: {recipe.prepared_folder} is not prepared yet, so no run is done; leave out --show")
