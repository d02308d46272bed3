"""Print the layers of a network, their shapes and their parameters.

python -m vitrine summary configs/custom_s1.yaml --classes 3
python -m vitrine summary configs/digits.yaml model.small_cnn.filters=[16,32]
python -m vitrine summary runs/digits/latest/model
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.commands.console import RecipeArguments, read_recipe, recipe_parser, run_command
from vitrine.config.model import SMALL_CNN
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.invocation import command_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from vitrine.models.summary import LayerRow


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given, model_folder = _read_arguments(arguments)
        if model_folder is not None:
            _print_model_folder(model_folder)
        else:
            _print_recipe(given.recipe, given.options.classes)

    return run_command(command)


def _read_arguments(arguments: Sequence[str] | None) -> tuple[RecipeArguments, Path | None]:
    """The recipe, and the folder of a finished model where one is named in its place."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    folder = Path(words[0]) if words and Path(words[0]).is_dir() else None
    if folder and len(words) > 1:
        raise UserError(f"{folder} is a finished model, of which nothing can be changed: give the folder alone")
    given = read_recipe(build_parser(), [] if folder else words)
    return given, folder


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("summary", __doc__)
    parser.add_argument(
        "--classes",
        type=int,
        metavar="N",
        help="number of classes (default: those of the recipe's prepared data set); a model folder knows its own",
    )
    return parser


def _print_model_folder(folder: Path) -> None:
    from vitrine.models.folder import load_model

    _quieten()
    model, processor, metadata, _ = load_model(str(folder))
    _print_summary(str(folder), model, metadata.image_size if metadata else _read_side(folder, processor.to_dict()))


def _read_side(folder: Path, settings: dict[str, Any]) -> int:
    """Side of the pictures from an image processor's settings."""
    size = (settings.get("do_center_crop") and settings.get("crop_size")) or settings.get("size") or {}
    side = size.get("height") or size.get("shortest_edge")
    if side is None:
        raise UserError(f"{folder}: its preprocessor_config.json names no size, so the side of its pictures is unknown")
    return int(side)


def _print_recipe(recipe: Recipe, classes: int | None) -> None:
    import torch

    from vitrine.models.backbones.build import build_small_cnn
    from vitrine.training.fit import build_model
    from vitrine.training.plan import plan_model

    _quieten()
    label_names = _label_names(recipe, classes)
    if recipe.model.backbone == SMALL_CNN:
        with torch.device("meta"):  # shapes without numbers: no time, no memory
            model = build_small_cnn(
                label_names, image_size=recipe.data.image_size, **recipe.model.small_cnn.model_dump()
            )
    else:
        # With its head and what is frozen, as in training.
        model, _ = build_model(plan_model(recipe), tuple(label_names), recipe.engine.seed)
    _print_summary(f"{recipe.name} ({recipe.model.backbone})", model, recipe.data.image_size)


def _quieten() -> None:
    from vitrine.models.quiet import silence_transformers

    silence_transformers()


def _label_names(recipe: Recipe, classes: int | None) -> tuple[str, ...]:
    if classes is not None:
        if classes < 2:
            raise UserError(f"--classes: must be at least 2 (got {classes})")
        return tuple(f"class {number}" for number in range(classes))
    if not recipe.prepared_folder.is_dir():
        raise UserError(
            f"{recipe.prepared_folder} is not there, so the number of classes is unknown: give it, for example "
            f"--classes 5, or run `{command_line('prepare')}` with this recipe"
        )
    from vitrine.data.prepared.dataset import open_prepared

    return open_prepared(recipe.prepared_folder, recipe.data.fold).label_names


def _print_summary(title: str, model: "PreTrainedModel", image_size: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from vitrine.models.summary import add_up, count_operations, summarize

    rows = summarize(model, image_size)
    totals = add_up(rows)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("layer", "kind", "output", "parameters"):
        table.add_column(name, justify="right" if name in ("output", "parameters") else "left", overflow="fold")
    for row in rows:
        table.add_row(row.layer, row.kind, _shape(row), f"{row.parameters:,}" if row.parameters else "")
    console = Console(highlight=False, markup=False)
    classes = len(model.config.id2label or ())
    console.print(f"{title}: pictures of {image_size} pixels, {classes} classes\n", style="bold", soft_wrap=True)
    console.print(table)
    lines = (
        f"\nparameters: {totals.parameters:,}, of which {totals.trainable:,} are trained and {totals.frozen:,} frozen",
        f"statistics: {totals.statistics:,} (means and variances that batch norm measures; some tools count them in)",
        f"size:       {totals.megabytes:,.1f} MB as float32",
        f"work:       {count_operations(model, image_size) / 1e9:,.2f} billion operations for one picture",
    )
    console.print("\n".join(lines), soft_wrap=True)


def _shape(row: "LayerRow") -> str:
    return "not used" if row.output_shape is None else " x ".join(str(number) for number in row.output_shape)
