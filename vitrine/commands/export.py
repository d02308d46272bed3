"""Write a model as one ONNX file that any ONNX runtime computes, and that decides as the model does.

Labels, preparation, thresholds and the sample of training pictures are inside. The file is written once it was seen to
give the same probabilities; `python -m vitrine predict OUT.onnx PICTURES` uses it.

With --format int8 the network computes in 8-bit whole numbers, calibrated on training pictures: a third of the time and
a quarter of the size. The file is written only if it gives the same first answer to at least 99 % of 400 others.

python -m vitrine export runs/digits/latest/model digits.onnx
python -m vitrine export runs/digits/latest/model digits_int8.onnx --format int8
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _export(options))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("export", __doc__)
    parser.add_argument("model", help="model folder, or id on the Hugging Face Hub")
    parser.add_argument("file", type=Path, help="ONNX file to write")
    parser.add_argument(
        "--format", choices=("float32", "int8"), default="float32", help="of the numbers (default %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PREPARED",
        help="with int8: the prepared data set that the model was trained on (default: the one that its recipe names)",
    )
    return parser


def _export(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers
    from vitrine.ship.export import export_onnx

    silence_transformers()
    if options.format == "int8":
        _export_int8(options)
        return
    predictor = export_onnx(options.model, options.file)
    print(f"{_size(options.file)}, {len(predictor.label_names)} classes, same answers as {options.model}")


def _export_int8(options: argparse.Namespace) -> None:
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.ship.int8 import export_int8, find_prepared

    prepared = open_prepared(options.data or find_prepared(options.model))
    proof = export_int8(options.model, options.file, prepared, lambda line: print(line, flush=True))
    low, high = proof.interval
    print(f"{_size(options.file)}, {proof.layout}, {proof.time_share:.2f} of the time of float32")
    print(
        f"same first answer to {proof.same:,} of {proof.pictures:,} pictures (95 % interval {low:.3f} to {high:.3f}), "
        f"same decision on {proof.same_decisions:,}"
    )


def _size(file: Path) -> str:
    return f"{file}: {file.stat().st_size / 1e6:.1f} MB"
