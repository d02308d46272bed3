"""Tell whether more pictures would help, and of which class, from the features of a pretrained network.

The prepared data set's training and validation pictures are looked at, its test pictures are not.

python -m vitrine learning-curve configs/s2_dogs5.yaml
python -m vitrine learning-curve configs/s2_dogs5.yaml --backbone google/mobilenet_v2_1.0_224 --language fr
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rich.console import Console

from vitrine.commands.console import read_recipe, recipe_parser, repeat_words, run_command
from vitrine.commands.study import WAYS_OUT, add_study_options
from vitrine.config.recipe import Recipe
from vitrine.invocation import command_line
from vitrine.ui.texts import Language
from vitrine.workflows.early_checks import check_inputs
from vitrine.workflows.parameters import check_at_least_one, short_name
from vitrine.workflows.progress import Show, show_progress
from vitrine.workflows.study import STUDIES

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.training.probe_features import ProbePlan


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        _measure(given.recipe, given.options)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("learning-curve", __doc__)
    add_study_options(parser, f"{STUDIES}/<name>/<backbone>")
    parser.add_argument(
        "--language", choices=get_args(Language), help="of the page (default: report.language of the recipe)"
    )
    return parser


def _measure(recipe: Recipe, options: argparse.Namespace) -> None:
    check_at_least_one("--pictures", options.pictures)
    check_inputs(recipe, options.backbone, WAYS_OUT)
    from vitrine.training.matching_data import open_matching_data
    from vitrine.training.plan import plan_probe

    prepared, recipe = open_matching_data(recipe)
    probe = plan_probe(recipe, options.backbone, WAYS_OUT)
    out = options.out or STUDIES / recipe.name / short_name(probe.backbone)
    console = Console(highlight=False)
    start = time.perf_counter()
    with show_progress(console=console) as show:
        sentence, page = _look(prepared, recipe, probe, options, out, show)
    console.print(sentence, style="bold", markup=False, soft_wrap=True)
    words = repeat_words(options)
    console.print(f"{time.perf_counter() - start:.0f} s\ncurve:   {page}", markup=False, soft_wrap=True)
    console.print(f"next:    {command_line('train')} {words}".rstrip(), markup=False, soft_wrap=True)
    more = f"or, with more pictures in the source: {command_line('prepare')} {words}"
    console.print(more.rstrip(), markup=False, soft_wrap=True)


def _look(
    prepared: "PreparedDataset", recipe: Recipe, probe: "ProbePlan", options: argparse.Namespace, out: Path, show: Show
) -> tuple[str, Path]:
    """Returns the sentences and the page."""
    from vitrine.evaluation.learning_curve.curve import measure_learning_curve
    from vitrine.models.quiet import silence_transformers
    from vitrine.records.environment import now
    from vitrine.reports.learning_curve.page import PAGE, write_learning_curve_page
    from vitrine.training.probe_features import compute_frozen_features, label_ids_of
    from vitrine.ui.texts import load_texts

    silence_transformers()
    found = compute_frozen_features(
        probe, prepared, options.pictures, lambda done, total: show("features", done, total)
    )
    show("fitting heads", 0, 0)
    computed = time.perf_counter()
    names, seed = prepared.label_names, recipe.engine.seed
    curve = measure_learning_curve(found.values, label_ids_of(found.rows), names, found.groups, seed)
    facts = {
        "name": recipe.name,
        "created": now(),
        **found.facts,
        "looked_at": found.looked_at,
        "knows_classes": found.knows_classes,
        "seconds": {"features": found.seconds, "curve": time.perf_counter() - computed},
    }
    texts = load_texts(options.language or recipe.report.language)
    return write_learning_curve_page(out, curve, prepared.facts, facts, texts), out / PAGE
