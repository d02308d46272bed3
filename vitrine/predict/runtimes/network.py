"""What every runtime is to a predictor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vitrine.predict.preprocessing import Pixels, Preprocessing
from vitrine.records.model import ModelMetadata


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
    def name(self) -> str:
        """Of the runtime: torch, onnxruntime or openvino."""

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it, so that several threads are of use."""

    def run(self, pixel_values: Pixels) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""

    def count_threads(self) -> int:
        """How many threads compute one batch together."""

    def use_threads(self, count: int) -> None:
        """Has batches that the calling thread asks for computed by so many threads, where the runtime can tell."""


@dataclass(frozen=True)
class Loaded:
    """A model as a runtime opened it.

    Attributes:
        folder: local folder of its files.
        label_names: class names in the order of the label ids.
        metadata: our facts about it; None for a model that Vitrine did not make.
        network: computes its numbers.
        preprocess: makes its input of pictures.
    """

    folder: Path
    label_names: tuple[str, ...]
    metadata: ModelMetadata | None
    network: Network
    preprocess: Preprocessing
