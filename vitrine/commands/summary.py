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
    import torch
    from torchinfo import ModelStatistics
    from transformers import PreTrainedModel

FLOAT32_BYTES = 4
PASS_ON = ("Identity", "Sequential")  # hand pictures on unchanged, the second where it is empty
Layer = tuple[str, str, str, int]  # name in the network, kind, shape for one picture, parameters of its own


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
    label_names, recipe = _label_names(recipe, classes)
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


def _label_names(recipe: Recipe, classes: int | None) -> tuple[tuple[str, ...], Recipe]:
    """The classes, and the recipe with what it leaves to its prepared data set."""
    if classes is not None:
        if classes < 2:
            raise UserError(f"--classes: must be at least 2 (got {classes})")
        return tuple(f"class {number}" for number in range(classes)), recipe
    if not recipe.prepared_folder.is_dir():
        raise UserError(
            f"{recipe.prepared_folder} is not there, so the number of classes is unknown: give it, for example "
            f"--classes 5, or run `{command_line('prepare')}` with this recipe"
        )
    from vitrine.training.matching_data import open_matching_data

    prepared, recipe = open_matching_data(recipe)
    return prepared.label_names, recipe


def _print_summary(title: str, model: "PreTrainedModel", image_size: int) -> None:
    from rich.console import Console
    from rich.table import Table

    measured = measure_network(model, image_size)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("layer", "kind", "output", "parameters"):
        table.add_column(name, justify="right" if name in ("output", "parameters") else "left", overflow="fold")
    for layer, kind, shape, parameters in list_layers(model, measured):
        table.add_row(layer, kind, shape, f"{parameters:,}" if parameters else "")
    console = Console(highlight=False, markup=False)
    classes = len(model.config.id2label or ())
    console.print(f"{title}: pictures of {image_size} pixels, {classes} classes\n", style="bold", soft_wrap=True)
    console.print(table)
    parameters, trained = model.num_parameters(), model.num_parameters(only_trainable=True)
    statistics = sum(buffer.numel() for buffer in model.buffers() if buffer.is_floating_point())
    lines = (
        f"\nparameters: {parameters:,}, of which {trained:,} are trained and {parameters - trained:,} frozen",
        f"statistics: {statistics:,} (means and variances that batch norm measures; some tools count them in)",
        f"size:       {FLOAT32_BYTES * (parameters + statistics) / 1e6:,.1f} MB as float32",
        f"work:       {count_operations(model, image_size) / 1e9:,.2f} billion operations for one picture",
    )
    console.print("\n".join(lines), soft_wrap=True)


def measure_network(model: "PreTrainedModel", image_size: int) -> "ModelStatistics":
    """What torchinfo finds when one picture passes; on torch's meta device this costs neither time nor memory."""
    import torchinfo

    picture = {"pixel_values": _blank_picture(model, image_size)}
    return torchinfo.summary(model, input_data=picture, device=model.device, depth=99, mode="eval", verbose=0)


def list_layers(model: "PreTrainedModel", measured: "ModelStatistics") -> list[Layer]:
    """One row for each layer: modules without parts, and those with parameters beside their parts.

    Args:
        model: the network.
        measured: of `measure_network`.
    """
    modules = {id(module): (name, module) for name, module in model.named_modules()}
    shapes = {info.layer_id: info.output_size[1:] for info in measured.summary_list if info.executed}
    rows = []
    for key in {**shapes, **modules}:  # as a picture passes them, then what it does not pass
        name, module = modules[key]
        own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        has_parts = any(True for _ in module.children())
        if own or not (has_parts or type(module).__name__ in PASS_ON):
            shape = " x ".join(str(number) for number in shapes[key]) if key in shapes else "not used"
            rows.append((name, type(module).__name__, shape, own))
    return rows


def count_operations(model: "PreTrainedModel", image_size: int) -> int:
    """Multiplications and additions of convolutions and matrix products for one picture, those of attention too."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    was_training = model.training
    model.eval()  # or one picture would enter the statistics
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(pixel_values=_blank_picture(model, image_size))
    model.train(was_training)
    return int(counter.get_total_flops())


def _blank_picture(model: "PreTrainedModel", image_size: int) -> "torch.Tensor":
    import torch

    return torch.zeros(1, 3, image_size, image_size, device=model.device, dtype=model.dtype)
