"""Print the layers of a network, their shapes and their parameters; weights are fetched on request alone.

python -m vitrine summary configs/custom_s1.yaml --classes 3
python -m vitrine summary model.backbone=inception_v3 data.image_size=299 --classes 3 --graph network.svg
python -m vitrine summary configs/digits.yaml model.small_cnn.filters=[16,32]
python -m vitrine summary configs/s2_dogs5.yaml --classes 5 --fetch
python -m vitrine summary runs/digits/latest/model
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.commands.console import RecipeArguments, read_recipe, recipe_parser, run_command
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


@dataclass(frozen=True)
class Network:
    """What is printed.

    Attributes:
        title: names it.
        model: the network itself; on torch's meta device where its weights are not needed.
        image_size: side of its pictures, in pixels.
    """

    title: str
    model: "PreTrainedModel"
    image_size: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given, model_folder = _read_arguments(arguments)
        graph: Path | None = given.options.graph
        if graph is not None:
            from vitrine.ui.figures import check_figure_file

            check_figure_file("--graph", graph)
        _quieten()
        options = given.options
        network = _open_folder(model_folder) if model_folder else _build(given.recipe, options.classes, options.fetch)
        _print_summary(network)
        if options.fetch:
            print("weights:    what a training needs of them is on this machine, also for HF_HUB_OFFLINE=1")
        if graph is not None:
            _draw(network, graph)

    return run_command(command)


def _read_arguments(arguments: Sequence[str] | None) -> tuple[RecipeArguments, Path | None]:
    """The recipe, and the folder of a finished model where one is named in its place."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    folder = Path(words[0]) if words and Path(words[0]).is_dir() else None
    given = read_recipe(build_parser(), words[1:] if folder else words)
    if folder and (given.options.recipe or given.options.overrides or given.options.classes is not None):
        raise UserError(f"{folder} is a finished model, of which nothing can be changed: give the folder alone")
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
    parser.add_argument(
        "--fetch",
        action="store_true",
        help="fetch the network's weights, for a training where there is no network; else its configuration will do",
    )
    parser.add_argument(
        "--graph", type=Path, metavar="FILE", help="draw the network too: .svg, or .png, which is slow for deep ones"
    )
    return parser


def _open_folder(folder: Path) -> Network:
    from vitrine.models.folder import load_model

    model, processor, metadata, _ = load_model(str(folder))
    return Network(str(folder), model, metadata.image_size if metadata else _read_side(folder, processor.to_dict()))


def _read_side(folder: Path, settings: dict[str, Any]) -> int:
    """Side of the pictures from an image processor's settings."""
    size = (settings.get("do_center_crop") and settings.get("crop_size")) or settings.get("size") or {}
    side = size.get("height") or size.get("shortest_edge")
    if side is None:
        raise UserError(f"{folder}: its preprocessor_config.json names no size, so the side of its pictures is unknown")
    return int(side)


def _build(recipe: Recipe, classes: int | None, fetch: bool) -> Network:
    """The network of a recipe with its head and what is frozen, as in training; with shapes alone unless fetched."""
    import torch

    from vitrine.models.backbones.presence import is_weights_file
    from vitrine.training.fit import build_model
    from vitrine.training.plan import plan_model

    label_names, recipe = _label_names(recipe, classes)
    plan = replace(plan_model(recipe), warm_start=None)  # it has the same shapes
    if not fetch and is_weights_file(plan.backbone) and plan.architecture:
        plan = replace(plan, backbone=plan.architecture, architecture=None)
    title, side = f"{recipe.name} ({recipe.model.backbone})", recipe.data.image_size
    if fetch or Path(plan.backbone).expanduser().exists():
        model, _ = build_model(plan, label_names, recipe.engine.seed)
    else:
        with torch.device("meta"):  # no time, no memory, and nothing to fetch but a configuration
            model, _ = build_model(replace(plan, pretrained=False), label_names, recipe.engine.seed)
    return Network(title, model, side)


def _quieten() -> None:
    from vitrine.models.quiet import silence_transformers

    silence_transformers()


def _label_names(recipe: Recipe, classes: int | None) -> tuple[tuple[str, ...], Recipe]:
    """The classes, and the recipe with what it leaves to its prepared data set."""
    if classes is not None:
        if classes < 2:
            raise UserError(f"--classes: must be at least 2 (got {classes})")
        return tuple(f"class {number}" for number in range(classes)), recipe
    from vitrine.data.prepared.local_copy import make_local

    if not make_local(recipe.prepared_folder, streamed=recipe.engine.reading == "streamed").is_dir():
        raise UserError(
            f"{recipe.prepared_folder} is not there, so the number of classes is unknown: give it, for example "
            f"--classes 5, or run `{command_line('prepare')}` with this recipe"
        )
    from vitrine.training.matching_data import open_matching_data

    prepared, recipe = open_matching_data(recipe)
    return prepared.label_names, recipe


def _draw(network: Network, path: Path) -> None:
    from vitrine.models.graph import trace_layers
    from vitrine.reports.network_graph import draw_network
    from vitrine.ui.figures import save_figure

    save_figure(draw_network(trace_layers(network.model, network.image_size), network.title), path)
    print(f"\ndrawing: {path}")


def _print_summary(network: Network) -> None:
    from rich.console import Console
    from rich.table import Table

    from vitrine.models.graph import measure_depth, trace_layers

    title, model, image_size = network.title, network.model, network.image_size
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
        f"depth:      {measure_depth(trace_layers(model, image_size))} layers with weights, on the longest way",
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
