"""Tell before any training how well the classes can be told apart, from the features of a pretrained network.

The prepared data set's training and validation pictures are looked at, its test pictures are not.

python -m vitrine study configs/s2_dogs5.yaml
python -m vitrine study configs/s2_dogs5.yaml --backbone google/mobilenet_v2_1.0_224
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from vitrine.commands.console import read_recipe, recipe_parser, repeat_words, run_command
from vitrine.config.recipe import Recipe
from vitrine.invocation import command_line
from vitrine.workflows.early_checks import check_inputs
from vitrine.workflows.parameters import check_at_least_one, short_name
from vitrine.workflows.progress import show_progress
from vitrine.workflows.study import PICTURES, STUDIES, study_recipe

WAYS_OUT = "name a pretrained network: --backbone microsoft/resnet-18, or a model folder"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        _study(given.recipe, given.options)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("study", __doc__)
    add_study_options(parser, f"{STUDIES}/<name>/<backbone>")
    return parser


def add_study_options(parser: argparse.ArgumentParser, where: str) -> None:
    """Options of commands that look at a data set through a pretrained network.

    Args:
        parser: gets them.
        where: the folder that is written by default, in words.
    """
    parser.add_argument(
        "--backbone", metavar="FOLDER_OR_HUB_ID", help="pretrained network (default: the recipe's model.backbone)"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"where to write (default: {where})")
    parser.add_argument(
        "--pictures",
        type=int,
        default=PICTURES,
        metavar="N",
        help="look at so many pictures at most, of each class its share (default: %(default)s)",
    )


def _study(recipe: Recipe, options: argparse.Namespace) -> None:
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
        sentence, page = study_recipe(prepared, recipe, probe, options.pictures, out, show)
    console.print(sentence, style="bold", markup=False, soft_wrap=True)
    next_line = f"next:    {command_line('train')} {repeat_words(options)}".rstrip()
    console.print(f"{time.perf_counter() - start:.0f} s\nstudy:   {page}\n{next_line}", markup=False, soft_wrap=True)
