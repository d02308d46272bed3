"""Write a model as one ONNX file that any ONNX runtime computes, and that decides as the model does.

Labels, preparation, thresholds and the sample of training pictures are inside. The file is written once it was seen to
give the same probabilities; `python -m vitrine predict OUT.onnx PICTURES` uses it.

With --format int8 the network computes in 8-bit whole numbers, calibrated on training pictures: a third of the time and
a quarter of the size. The file is written only if it gives the same first answer to at least 99 % of 400 others.
float16 halves the size, for graphics processors. openvino, litert, executorch, coreml and transformers-js make a folder
for that engine, with the labels and with pictures to try it with. Each is compared with the model on the test pictures,
and written only if it answers alike.

python -m vitrine export runs/digits/latest/model digits.onnx
python -m vitrine export runs/digits/latest/model digits_int8.onnx --format int8
python -m vitrine export runs/digits/latest/model digits_litert --format litert
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import command_parser, run_command
from vitrine.errors import UserError, needing_packages
from vitrine.records.atomic import check_replaceable, new_folder
from vitrine.records.onnx_checksum import has_onnx_suffix

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.records.model import Agreement

NUMBERS = ("float32", "float16", "int8")
ENGINES = ("openvino", "litert", "executorch", "coreml", "transformers-js")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)

    def export() -> None:
        with needing_packages("the export"):
            _export(options)

    return run_command(export)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("export", __doc__)
    parser.add_argument("model", help="run folder, model folder, or id on the Hugging Face Hub")
    parser.add_argument("target", type=Path, help="ONNX file to write; of an engine, the folder to make")
    parser.add_argument(
        "--format",
        choices=(*NUMBERS, *ENGINES),
        default="float32",
        help="of the numbers of an ONNX file, or an engine (default %(default)s)",
    )
    parser.add_argument(
        "--resize-inside", action="store_true", help="an ONNX file that takes whole pictures, for other programs"
    )
    parser.add_argument(
        "--golden", action="store_true", help="beside an ONNX file, a folder of pictures with the right answers"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PREPARED",
        help="the prepared data set that the model was trained on, where one is needed (default: the one that its "
        "recipe names)",
    )
    return parser


def _export(options: argparse.Namespace) -> None:
    from vitrine.models.quiet import silence_transformers

    silence_transformers()
    if options.format in ENGINES:
        _export_folder(options)
        return
    if options.golden:
        check_replaceable(_golden_folder(options.target), ["answers.json"], "pictures of an export")
    if options.resize_inside:
        _export_resizing(options)
    else:
        _export_numbers(options, options.target)
    if options.golden:
        _write_golden(options.model, options.target)


def _export_numbers(options: argparse.Namespace, file: Path, say: Callable[[str], None] = print) -> None:
    from vitrine.ship.export import export_onnx

    if options.format == "int8":
        _export_int8(options, file, say)
    elif options.format == "float16":
        from vitrine.ship.float16 import export_float16

        agreement = export_float16(options.model, file, _open_prepared(options), _say)
        say(f"{_size(file)}, {_describe(agreement)}")
    else:
        predictor = export_onnx(options.model, file)
        say(f"{_size(file)}, {len(predictor.label_names)} classes, same answers as {options.model}")


def _export_int8(options: argparse.Namespace, file: Path, say: Callable[[str], None]) -> None:
    from vitrine.ship.int8 import export_int8

    proof = export_int8(options.model, file, _open_prepared(options), _say)
    low, high = proof.interval
    say(f"{_size(file)}, {proof.layout}, {proof.time_share:.2f} of the time of float32")
    say(
        f"same first answer to {proof.same:,} of {proof.pictures:,} pictures (95 % interval {low:.3f} to {high:.3f}), "
        f"same decision on {proof.same_decisions:,}"
    )
    if proof.by_openvino:
        say(f"OpenVINO: same first answer to {proof.by_openvino.same:,} (`--runtime auto` takes the faster of the two)")


def _export_resizing(options: argparse.Namespace) -> None:
    from vitrine.ship.agreement import list_test_pictures
    from vitrine.ship.export import check_suffix, load_to_export
    from vitrine.ship.resize_inside import write_with_resizing

    check_suffix(options.target)
    pictures = list_test_pictures(load_to_export(options.model), _open_prepared(options))
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        plain = Path(folder) / options.target.name
        _export_numbers(options, plain, say=lambda _: None)  # of a file that goes
        agreement = write_with_resizing(plain, options.target, pictures)
    print(f"{_size(options.target)}, takes whole pictures, {_describe(agreement)}")


def _export_folder(options: argparse.Namespace) -> None:
    from vitrine.ship.engines.choice import ENGINES
    from vitrine.ship.engines.folder import export_folder

    if options.resize_inside or options.golden:
        raise UserError(
            f"--format {options.format}: leave out --resize-inside and --golden: the folder holds such pictures, and "
            "only ONNX files resize"
        )
    if has_onnx_suffix(options.target.suffix):
        raise UserError(f"{options.target}: --format {options.format} makes a folder; give it a name without .onnx")
    engine = ENGINES[options.format]
    agreement = export_folder(options.model, options.target, engine, _open_prepared(options), _say)
    print(f"{options.target}: {engine.name}, {_describe(agreement)}")


def _write_golden(model: str, file: Path) -> None:
    from vitrine.predict.predictor import Predictor
    from vitrine.ship.golden_pictures import find_tolerance, write_golden

    folder = _golden_folder(file)
    with new_folder(folder, replace=True) as made:
        written = write_golden(Predictor.load(model), made, find_tolerance(file))
    print(f"{folder}: {len(written['pictures'])} pictures with the right answers")


def _golden_folder(file: Path) -> Path:
    return file.with_suffix(".golden")


def _open_prepared(options: argparse.Namespace) -> "PreparedDataset":
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.ship.agreement import find_prepared

    return open_prepared(options.data or find_prepared(options.model))


def _describe(agreement: "Agreement") -> str:
    return (
        f"same first answer to {agreement.same:,} of {agreement.pictures:,} test pictures, same decision on "
        f"{agreement.same_decisions:,}, probabilities off by {agreement.largest_gap:.1e} at most"
    )


def _say(line: str) -> None:
    print(line, flush=True)


def _size(file: Path) -> str:
    return f"{file}: {file.stat().st_size / 1e6:.1f} MB"
