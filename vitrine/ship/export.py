"""A model as one ONNX file that decides as the model folder does.

The graph takes `pixel_values` `[pictures, 3, side, side]` and gives `logits` (calibrated), `features` (what the head
received, where that is one vector) and `familiarity` (where the model measures it); where the head is one linear layer
on the average of the last feature map, also that map and the layer's weights, so that an answer can be explained
without torch. The file's own notes hold what is left: labels, processor and our facts as JSON.
"""

import contextlib
import io
import json
import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from PIL import Image
from torch import nn

from vitrine.errors import UserError, first_line
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.golden import FLOAT32, Deviation, ask_golden, note_answers
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import NEWEST_FORMAT, NOTES
from vitrine.predict.runtimes.pytorch import TorchNetwork
from vitrine.records.atomic import write_bytes
from vitrine.records.model import Golden
from vitrine.records.onnx_checksum import ONNX_SUFFIX, has_onnx_suffix, seal
from vitrine.records.public import public_metadata
from vitrine.ship.exported_network import ExportedNetwork

TOLERANCE = 1e-4
TRIALS = 4
MOST_BYTES = 2 * 10**9  # of one protobuf message


def export_onnx(model_id: str, file: Path) -> Predictor:
    """Writes the file, once it was seen to give the same numbers.

    Args:
        model_id: model folder or id on the Hugging Face Hub.
        file: to write; one that is there is replaced.

    Returns:
        The predictor of the file.

    Raises:
        UserError: the model cannot be loaded or exported, or the file gives other probabilities.
    """
    check_suffix(file)
    exported = trace_model(load_to_export(model_id))
    write_checked(exported, exported.content, file, TOLERANCE)
    return Predictor.load(str(file))


@dataclass(frozen=True)
class Exported:
    """A model as a graph in float32, not yet written.

    Attributes:
        predictor: of the model folder, on the processor.
        content: the graph with its notes.
        side: of its pictures, in pixels.
    """

    predictor: Predictor
    content: onnx.ModelProto
    side: int


def check_suffix(file: Path) -> None:
    """Makes sure that the name is that of an ONNX file.

    Raises:
        UserError: it is not.
    """
    if not has_onnx_suffix(file.suffix):
        raise UserError(f"{file}: the name of an ONNX file ends in {ONNX_SUFFIX}")


def load_to_export(model_id: str) -> Predictor:
    """Loads a model folder on the processor.

    Raises:
        UserError: it cannot be loaded, or is an ONNX file.
    """
    predictor = Predictor.load(model_id)
    if not isinstance(predictor.network, TorchNetwork):
        raise UserError(f"{model_id} is an ONNX file already; give the model folder that it was made from")
    # In the layout of training (channels last) averages would be written as gathers, which OpenVINO mixes up in 8 bits.
    nn.Module.to(nn.Module.to(predictor.network.model, "cpu"), memory_format=torch.contiguous_format)
    return predictor


def trace_model(predictor: Predictor, with_map: bool = True) -> Exported:
    """Makes a graph of a model, with its notes.

    Args:
        predictor: of `load_to_export`.
        with_map: whether it tells its last feature map, where an answer can be explained by it.

    Raises:
        UserError: it cannot be exported, its pictures are no squares of one size, or it is too large for one file.
    """
    network, model_id = predictor.network, predictor.model_id
    assert isinstance(network, TorchNetwork)  # noqa: S101 (for mypy)
    side = measure_side(predictor)
    content = _trace(model_id, network, torch.from_numpy(predictor.pixels(draw_images()[:2])), with_map)
    write_notes(content, describe(predictor, measure_golden(predictor, side)))
    if content.ByteSize() > MOST_BYTES:
        raise UserError(f"{model_id}: its weights take more than 2 GB, which one ONNX file cannot hold")
    return Exported(predictor, content, side)


def measure_side(predictor: Predictor) -> int:
    """Of the pictures that a network sees, in pixels.

    Raises:
        UserError: they are no squares of one size.
    """
    sizes = {predictor.pixels([image]).shape[2:] for image in draw_images()}
    (height, width), *others = sorted(sizes)
    if others or height != width:
        told = ", ".join(f"{width}x{height}" for height, width in sorted(sizes))
        raise UserError(
            f"{predictor.model_id}: its image processor makes pictures of {told} pixels, and an exported file takes "
            "squares of one size; only the model folder answers, without --runtime"
        )
    return int(height)


def measure_golden(predictor: Predictor, side: int, own: Outputs | None = None, most: Deviation = FLOAT32) -> Golden:
    """What a model says of the golden pictures.

    Args:
        predictor: of the model folder.
        side: of its pictures, in pixels.
        own: what the file says that is written; None: what the model folder does.
        most: by which an engine may deviate from that.
    """
    right = ask_golden(predictor.network, predictor.preprocess, side)
    return Golden(
        probabilities=softmax(right.logits).clip(0, 1).tolist(),
        answers=note_answers(own or right),
        tolerance=most.share,
        spreads=most.spreads,
    )


def write_asked(content: onnx.ModelProto, file: Path, check: Callable[[Predictor], None] = lambda _: None) -> None:
    """Writes a graph once it was loaded from a disk and gave its golden answers; what is there stays where it does not.

    Args:
        content: the graph, with its notes.
        file: to write; one that is there is replaced.
        check: is handed the predictor of the graph, and raises where there is more to find fault with.

    Raises:
        UserError: it gives others.
    """
    written = seal(content)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        trial = Path(folder) / file.name
        trial.write_bytes(written)
        check(Predictor.load(str(trial)))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, written)


def write_checked(exported: Exported, content: onnx.ModelProto, file: Path, tolerance: float) -> None:
    """Writes a graph once it was seen to give the model's numbers.

    Args:
        exported: the model.
        content: the graph, with its notes.
        file: to write; one that is there is replaced.
        tolerance: the most by which a probability or similarity may differ.

    Raises:
        UserError: it gives others.
    """
    write_asked(content, file, lambda written: _check_alike(exported.predictor, written, tolerance))


def _trace(model_id: str, network: TorchNetwork, pixels: torch.Tensor, with_map: bool) -> onnx.ModelProto:
    module = ExportedNetwork(network, pixels.shape[-1], with_map)
    for name in ("torch.onnx", "onnx_ir"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # the exporter warns of its own plans
            program = torch.onnx.export(
                module,
                (pixels,),
                dynamo=True,
                input_names=["pixel_values"],
                output_names=list(module.output_names),
                dynamic_shapes={"pixel_values": {0: torch.export.Dim("pictures")}},
                verbose=False,
            )
    except Exception as error:  # torch.export raises what its many parts raise
        reason = first_line(error)
        raise UserError(f"{model_id}: {type(network.model).__name__} cannot be exported to ONNX ({reason})") from error
    content: onnx.ModelProto = program.model_proto  # type: ignore[union-attr]
    # The exporter notes lines of source code, with the paths of this machine.
    for part in (content, content.graph, *content.graph.node, *content.graph.value_info):
        del part.metadata_props[:]
    return content


def describe(predictor: Predictor, golden: Golden, **facts: Any) -> dict[str, Any]:
    """What a file says about itself: files travel, so pictures, other files' checksums and folders stay behind.

    Args:
        predictor: of the model folder.
        golden: its answers to the golden pictures.
        **facts: what else there is to say.
    """
    metadata = predictor.metadata
    if metadata:
        metadata = public_metadata(metadata).model_copy(update={"examples": [], "files": {}})
    return {
        "format": NEWEST_FORMAT,
        "label_names": list(predictor.label_names),
        "processor": dict(predictor.preprocess.settings),
        "metadata": metadata and metadata.model_dump(mode="json"),
        "golden": golden.model_dump(mode="json"),
        **facts,
    }


def write_notes(content: onnx.ModelProto, notes: dict[str, Any]) -> None:
    """Puts notes into a graph, in the place of those that it has."""
    del content.metadata_props[:]
    content.metadata_props.add(key=NOTES, value=json.dumps(notes, ensure_ascii=False))


def draw_images() -> list[Image.Image]:
    """Random pictures, coarse and fine, of different sizes."""
    generator = np.random.default_rng(0)
    sizes = [(int(width), int(height)) for width, height in generator.integers(20, 400, (TRIALS, 2))]
    return [
        Image.fromarray(generator.integers(0, 256, (4**scale, 4**scale, 3)).astype(np.uint8)).resize(size)
        for scale, size in enumerate(sizes, start=1)
    ]


def _check_alike(ours: Predictor, theirs: Predictor, tolerance: float) -> None:
    pictures = draw_images()
    first, second = ours.predict_images(pictures), theirs.predict_images(pictures)
    gaps = [_distance(first.probabilities, second.probabilities), _distance(first.similarities, second.similarities)]
    if max(gaps) > tolerance:
        raise UserError(
            f"{ours.model_id}: its ONNX file would answer differently (by up to {max(gaps):.2g} where {tolerance:g} is "
            "allowed), so none was written"
        )


def _distance(one: npt.NDArray[np.floating] | None, two: npt.NDArray[np.floating] | None) -> float:
    if one is None or two is None:
        return 0.0 if one is two else np.inf
    gap = float(np.abs(one - two).max())
    return gap if np.isfinite(gap) else np.inf
