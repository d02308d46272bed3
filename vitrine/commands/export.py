"""Write a model as one ONNX file that any ONNX runtime computes, and that decides as the model does.

Labels, preparation, thresholds and the sample of training pictures are inside. The file is written once it was seen to
give the same probabilities; `python -m vitrine predict OUT.onnx PICTURES` uses it.

python -m vitrine export runs/digits/latest/model digits.onnx
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
    return parser


def _export(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers
    from vitrine.ship.export import export_onnx

    silence_transformers()
    predictor = export_onnx(options.model, options.file)
    size = options.file.stat().st_size / 1e6
    print(f"{options.file}: {size:.1f} MB, {len(predictor.label_names)} classes, same answers as {options.model}")
