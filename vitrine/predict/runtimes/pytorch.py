"""What computes a predictor's numbers: a network of torch, or an ONNX file; both give the same."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from vitrine.models.backbones.outputs import compute_outputs
from vitrine.models.calibration.ood import NEIGHBORS, ReferenceFeatures


@dataclass(frozen=True)
class Outputs:
    """What a network computes of some pictures; `Predictions` say what follows from it.

    Attributes:
        logits: calibrated, `[pictures, labels]`.
        similarity: how like its training images they are, `[pictures]`; None where the model cannot say.
    """

    logits: npt.NDArray[np.float32]
    similarity: npt.NDArray[np.float32] | None


class Network(Protocol):
    """Anything that turns normalised pictures into outputs; several threads may call it at once."""

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it, so that several threads are of use."""

    def run(self, pixel_values: torch.Tensor) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""


@dataclass(frozen=True)
class TorchNetwork:
    """A network of torch.

    Attributes:
        model: in evaluation mode, placed.
        temperature: by which its logits are still to be divided; 1 where it is in the weights.
        reference: None where familiarity is not measured.
        neighbors: see `Trust`.
    """

    model: PreTrainedModel
    temperature: float = 1.0
    reference: ReferenceFeatures | None = None
    neighbors: int = NEIGHBORS

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it."""
        return self.model.device.type == "cpu"

    @torch.inference_mode()
    def run(self, pixel_values: torch.Tensor) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""
        pixels = pixel_values.to(self.model.device, memory_format=torch.channels_last)
        if self.reference is None:
            return Outputs(self._scale(self.model(pixel_values=pixels).logits), None)
        logits, features = compute_outputs(self.model, pixels)
        return Outputs(self._scale(logits), self.reference.similarity(features.cpu().numpy(), self.neighbors))

    def _scale(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        scaled: npt.NDArray[np.float32] = (logits.float() / self.temperature).cpu().numpy()
        return scaled
