"""A model as one ONNX file that decides as the model folder does.

The graph takes `pixel_values` `[pictures, 3, side, side]` and gives `logits` (calibrated), `features` (what the head
received, where that is one vector) and `similarity` (where the model measures it). The file's own notes hold what is
left: labels, processor and our facts as JSON.
"""

import contextlib
import io
import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from PIL import Image
from torch import nn

from vitrine.errors import UserError
from vitrine.models.backbones.outputs import compute_outputs, measure_head_input
from vitrine.models.calibration.ood import LEAST_NORM
from vitrine.predict.predictor import ONNX_SUFFIX, Predictor
from vitrine.predict.runtimes.onnx import NOTES, OUTPUTS
from vitrine.predict.runtimes.pytorch import TorchNetwork
from vitrine.records.atomic import write_bytes
from vitrine.records.onnx_checksum import seal
from vitrine.records.public import public_metadata

TOLERANCE = 1e-4
TRIALS = 4
MOST_BYTES = 2 * 10**9  # of one protobuf message


class _Exported(nn.Module):
    """The network with all that is computed after it."""

    def __init__(self, network: TorchNetwork, has_features: bool) -> None:
        super().__init__()
        self.model = network.model
        self.temperature = network.temperature
        self.has_features = has_features
        self.count = 0
        if network.reference is not None:
            self.register_buffer("reference", torch.from_numpy(network.reference.rows).clone())
            self.count = min(network.neighbors, len(network.reference.rows))

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if not self.has_features:
            return (self.model(pixel_values=pixel_values).logits / self.temperature,)
        logits, features = compute_outputs(self.model, pixel_values)
        if not self.count:
            return logits / self.temperature, features
        lengths = torch.linalg.vector_norm(features, dim=1, keepdim=True).clamp(min=LEAST_NORM)
        similarities = (features / lengths) @ self.reference.float().T
        nearest = torch.topk(similarities, self.count, dim=1).values
        return logits / self.temperature, features, nearest.mean(dim=1)


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
    if file.suffix != ONNX_SUFFIX:
        raise UserError(f"{file}: the name of an ONNX file ends in {ONNX_SUFFIX}")
    predictor = Predictor.load(model_id)
    network = predictor.network
    if not isinstance(network, TorchNetwork):
        raise UserError(f"{model_id} is an ONNX file already; give the model folder that it was made from")
    nn.Module.to(network.model, "cpu")
    pictures = _draw_images()
    content = _trace(model_id, network, torch.from_numpy(predictor.pixels(pictures[:2])))
    for name, text in _describe(predictor).items():
        content.metadata_props.add(key=name, value=text)
    if content.ByteSize() > MOST_BYTES:
        raise UserError(f"{model_id}: its weights take more than 2 GB, which one ONNX file cannot hold")
    written = seal(content)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        trial = Path(folder) / file.name
        trial.write_bytes(written)
        _check_alike(model_id, predictor, Predictor.load(str(trial)), pictures)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, written)
    return Predictor.load(str(file))


def _trace(model_id: str, network: TorchNetwork, pixels: torch.Tensor) -> onnx.ModelProto:
    side = pixels.shape[-1]
    has_features = network.reference is not None or measure_head_input(network.model, side) is not None
    module = _Exported(network, has_features).eval()
    names = OUTPUTS[: 1 + has_features + bool(module.count)]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # the exporter warns of its own plans
            program = torch.onnx.export(
                module,
                (pixels,),
                dynamo=True,
                input_names=["pixel_values"],
                output_names=list(names),
                dynamic_shapes={"pixel_values": {0: torch.export.Dim("pictures")}},
                verbose=False,
            )
    except Exception as error:  # torch.export raises what its many parts raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{model_id}: {type(network.model).__name__} cannot be exported to ONNX ({reason})") from error
    content: onnx.ModelProto = program.model_proto  # type: ignore[union-attr]
    # The exporter notes lines of source code, with the paths of this machine.
    for part in (content, content.graph, *content.graph.node, *content.graph.value_info):
        del part.metadata_props[:]
    return content


def _describe(predictor: Predictor) -> dict[str, str]:
    """What the file says about itself: files travel, so pictures, other files' checksums and folders stay behind."""
    metadata = predictor.metadata
    if metadata:
        metadata = public_metadata(metadata).model_copy(update={"examples": [], "files": {}})
    content: dict[str, Any] = {
        "label_names": list(predictor.label_names),
        "processor": dict(predictor.preprocess.settings),
        "metadata": metadata and metadata.model_dump(mode="json"),
    }
    return {NOTES: json.dumps(content, ensure_ascii=False)}


def _draw_images() -> list[Image.Image]:
    """Random pictures, coarse and fine, of different sizes."""
    generator = np.random.default_rng(0)
    sizes = [(int(width), int(height)) for width, height in generator.integers(20, 400, (TRIALS, 2))]
    return [
        Image.fromarray(generator.integers(0, 256, (4**scale, 4**scale, 3)).astype(np.uint8)).resize(size)
        for scale, size in enumerate(sizes, start=1)
    ]


def _check_alike(model_id: str, ours: Predictor, theirs: Predictor, pictures: list[Image.Image]) -> None:
    first, second = ours.predict_images(pictures), theirs.predict_images(pictures)
    gaps = [_distance(first.probabilities, second.probabilities), _distance(first.similarities, second.similarities)]
    if max(gaps) > TOLERANCE:
        raise UserError(
            f"{model_id}: its ONNX file would answer differently (by up to {max(gaps):.2g} where {TOLERANCE:g} is "
            "allowed), so none was written"
        )


def _distance(one: npt.NDArray[np.floating] | None, two: npt.NDArray[np.floating] | None) -> float:
    if one is None or two is None:
        return 0.0 if one is two else np.inf
    gap = float(np.abs(one - two).max())
    return gap if np.isfinite(gap) else np.inf
