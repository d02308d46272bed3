"""Reading an ONNX file that `onnx_export` wrote; onnxruntime computes it."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from transformers import AutoImageProcessor
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.models.backbones.build import register_own_classes
from vitrine.predict.runtimes.pytorch import Outputs
from vitrine.records.model import ModelMetadata

NOTES = "vitrine"  # name of the note in the file
OUTPUTS = ("logits", "features", "familiarity")


@dataclass(frozen=True)
class OnnxNetwork:
    """A network that onnxruntime computes."""

    session: onnxruntime.InferenceSession

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it."""
        return "CUDAExecutionProvider" not in self.session.get_providers()

    def run(self, pixel_values: torch.Tensor) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""
        wanted = [output.name for output in self.session.get_outputs() if output.name != "features"]
        pixels = np.ascontiguousarray(pixel_values.float().cpu().numpy())
        found = dict(zip(wanted, self.session.run(wanted, {"pixel_values": pixels}), strict=True))
        return Outputs(found["logits"], found.get("familiarity"))


@dataclass(frozen=True)
class OnnxContent:
    """What an ONNX file holds; names as in `Predictor`."""

    network: OnnxNetwork
    label_names: tuple[str, ...]
    metadata: ModelMetadata | None
    processor: BaseImageProcessor


def load_onnx(file: Path) -> OnnxContent:
    """Opens a file.

    Raises:
        UserError: it is not there, is not an ONNX file, or was not written by `python -m vitrine export`.
    """
    if not file.is_file():
        raise UserError(f"{file}: there is no such ONNX file")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=_choose_providers())
    except Exception as error:  # onnxruntime's errors have no common class that it makes public
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{file} cannot be read as an ONNX file ({reason})") from error
    notes = session.get_modelmeta().custom_metadata_map.get(NOTES)
    if notes is None:
        raise UserError(
            f"{file}: it says nothing about its labels and preparation; only files that `{command_line('export')}` "
            "wrote can be used here"
        )
    content = json.loads(notes)
    metadata = content["metadata"] and ModelMetadata.parse(json.dumps(content["metadata"]), f"{file}, its notes")
    return OnnxContent(OnnxNetwork(session), tuple(content["label_names"]), metadata, _build(content["processor"]))


def _choose_providers() -> list[str]:
    """A GPU where onnxruntime was installed for one, else the processor."""
    there = onnxruntime.get_available_providers()
    return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in there]


def _build(settings: dict[str, Any]) -> BaseImageProcessor:
    """The processor as `load_model` would have it; its class is found by its name in the settings."""
    register_own_classes()
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        (Path(folder) / "preprocessor_config.json").write_text(json.dumps(settings), "utf-8")
        processor: BaseImageProcessor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False)
    processor.do_convert_rgb = True  # type: ignore[attr-defined]  # of every class, but not declared
    return processor
