"""Tell before any training how well the classes can be told apart, from the features of a pretrained network.

The prepared data set's training and validation pictures are looked at, its test pictures are not.

python -m vitrine study configs/s2_dogs5.yaml
python -m vitrine study configs/s2_dogs5.yaml --backbone google/mobilenet_v2_1.0_224
"""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from vitrine.commands.console import parse_recipe, run_command
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError

STUDIES = Path("studies")
WAYS_OUT = "name a pretrained network: --backbone microsoft/resnet-18, or a model folder"

Show = Callable[[str, int, int], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = parse_recipe("python -m vitrine study", __doc__ or "", arguments, _add_options)
        _study(given.recipe, given.options)

    return run_command(command)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_study_options(parser, f"{STUDIES}/<name>/<backbone>")


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
        default=3000,
        metavar="N",
        help="look at so many pictures at most, of each class its share (default: %(default)s)",
    )


def _study(recipe: Recipe, options: argparse.Namespace) -> None:
    from vitrine.training.probe_features import check_pretrained

    backbone = check_pretrained(recipe, options.backbone, WAYS_OUT)
    check_pictures(options.pictures)
    out = options.out or STUDIES / recipe.name / name_backbone(backbone)
    console = Console(highlight=False)
    start = time.perf_counter()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=None)

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        sentence, page = _look(recipe, backbone, options.pictures, out, show)
    console.print(sentence, style="bold", markup=False, soft_wrap=True)
    console.print(f"{time.perf_counter() - start:.0f} s\nstudy:   {page}", markup=False, soft_wrap=True)


def check_pictures(number: int) -> None:
    """Refuses less than one picture."""
    if number < 1:
        raise UserError(f"--pictures: must be at least 1 (got {number})")


def name_backbone(backbone: str) -> str:
    """The last part of a folder or Hub id, as the name of a folder; of a run's model, the run."""
    parts = [part for part in Path(backbone).expanduser().resolve().parts if part != "model"]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", parts[-1])


def _look(recipe: Recipe, backbone: str, at_most: int, out: Path, show: Show) -> tuple[str, Path]:
    """Returns the sentence and the page."""
    from vitrine.evaluation.probe.linear_probe import study_features
    from vitrine.models.quiet import silence_transformers
    from vitrine.records.environment import now
    from vitrine.reports.probe.page import PAGE, write_feasibility_page
    from vitrine.training.probe_features import compute_frozen_features, label_ids_of
    from vitrine.training.run import open_matching_data

    silence_transformers()
    prepared, recipe = open_matching_data(recipe)
    seed = recipe.engine.seed
    found = compute_frozen_features(
        recipe, prepared, backbone, at_most, lambda done, total: show("features", done, total)
    )
    computed = time.perf_counter()
    show("measuring and drawing", 0, 0)
    study = study_features(found.values, label_ids_of(found.rows), len(prepared.label_names), found.groups, seed)
    seconds = {"features": found.seconds, "figures": time.perf_counter() - computed}
    facts = {"name": recipe.name, "created": now(), "seed": seed, **found.facts, "seconds": seconds}
    sentence = write_feasibility_page(out, study, prepared, found.rows, found.looked_at, facts, recipe.report.language)
    return sentence, out / PAGE
