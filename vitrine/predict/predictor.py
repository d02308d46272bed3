"""From pictures to calibrated probabilities and decisions: the one class that the app and the commands use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.images.decoding import MAX_MEGAPIXELS, open_picture, to_rgb
from vitrine.data.images.resizing import FillColor, cut_ends
from vitrine.models.backbones.build import place, read_label_names
from vitrine.models.calibration.ood import NEIGHBORS, load_reference
from vitrine.models.calibration.selective import Decision, decide
from vitrine.models.folder import load_model, normalize_images
from vitrine.predict.runtimes.pytorch import Network, Outputs, TorchNetwork
from vitrine.records.model import ModelMetadata, Trust

ONNX_SUFFIX = ".onnx"


@dataclass(frozen=True)
class Judgement:
    """What a model says of one picture.

    Attributes:
        ranking: every label with its calibrated probability, highest first.
        decision: what follows from that.
        similarity: mean cosine similarity to the nearest training pictures; None where the model does not measure it.
    """

    ranking: tuple[tuple[str, float], ...]
    decision: Decision
    similarity: float | None


@dataclass(frozen=True)
class Predictor:
    """A loaded model.

    Attributes:
        model_id: what it was loaded by.
        folder: local folder of its files.
        label_names: class names in the order of the label ids.
        metadata: our facts about it; None for a model that Vitrine did not make.
        network: computes its numbers.
        processor: makes its input of pictures.
    """

    model_id: str
    folder: Path
    label_names: tuple[str, ...]
    metadata: ModelMetadata | None
    network: Network
    processor: BaseImageProcessor

    @classmethod
    def load(cls, model_id: str) -> Self:
        """Loads a model folder, an id on the Hugging Face Hub, or an ONNX file that `python -m vitrine export` wrote.

        Raises:
            UserError: it is none of them, or cannot be loaded.
        """
        if model_id.endswith(ONNX_SUFFIX) and not Path(model_id).is_dir():
            from vitrine.predict.runtimes.onnx import load_onnx  # onnxruntime is needed for these files only

            content = load_onnx(Path(model_id).expanduser())
            folder = Path(model_id).expanduser().parent
            return cls(model_id, folder, content.label_names, content.metadata, content.network, content.processor)
        model, processor, metadata, folder = load_model(model_id)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        trust = metadata.trust if metadata else None
        network = TorchNetwork(
            model=place(model, device),
            temperature=1.0 if trust is None or trust.in_weights else trust.temperature,
            reference=load_reference(folder) if trust and trust.neighbors else None,
            neighbors=(trust.neighbors if trust else None) or NEIGHBORS,
        )
        return cls(model_id, folder, read_label_names(model.config), metadata, network, processor)

    @property
    def fill_color(self) -> FillColor:
        """The colour behind transparent parts that the model was trained with."""
        fill_color: FillColor = getattr(self.processor, "fill_color", "white")
        return fill_color

    @property
    def trust(self) -> Trust | None:
        """Its thresholds; None for a model that has none and always answers."""
        return self.metadata.trust if self.metadata else None

    def open_picture(self, source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
        """Decodes a picture as the model's training pictures were; see `vitrine.data.images.decoding.open_picture`.

        Raises:
            PictureError: the reason in words.
        """
        return open_picture(source, max_megapixels, self.fill_color)

    def measure(self, pictures: Sequence[Image.Image], prepared: bool = False) -> Outputs:
        """Logits and familiarity.

        Args:
            pictures: of any size and mode, upright; at least one.
            prepared: whether they are squares as the network sees them, all of its size: no step is done again.
        """
        return self.network.run(self.pixels(pictures, prepared))

    def pixels(self, pictures: Sequence[Image.Image], prepared: bool = False) -> torch.Tensor:
        """What the network sees of pictures, `[pictures, 3, height, width]`; arguments as for `measure`."""
        images = [to_rgb(picture, self.fill_color) for picture in pictures]
        if prepared:
            return normalize_images(self.processor, torch.stack([pil_to_tensor(image) for image in images]))
        if getattr(self.processor, "do_center_crop", False):
            images = [cut_ends(image) for image in images]
        pixels: torch.Tensor = self.processor(images=images, return_tensors="pt")["pixel_values"]
        return pixels

    def measure_preprocessed(self, preprocessed: torch.Tensor) -> Outputs:
        """The same for squares as they are stored in a prepared data set: uint8, `[pictures, 3, side, side]`."""
        return self.network.run(normalize_images(self.processor, preprocessed))

    def probabilities(self, pictures: Sequence[Image.Image], prepared: bool = False) -> npt.NDArray[np.float32]:
        """Calibrated probabilities of all classes; arguments as for `measure`.

        Returns:
            `[len(pictures), len(label_names)]`; every row sums to 1.
        """
        return self.measure(pictures, prepared).probabilities

    def judge(self, pictures: Sequence[Image.Image], prepared: bool = False) -> list[Judgement]:
        """Probabilities, familiarity and decision of each picture; arguments as for `measure`."""
        outputs = self.measure(pictures, prepared)
        probabilities = outputs.probabilities
        return [
            Judgement(
                ranking=self._rank(row),
                decision=decide(row, self.label_names, self.trust, similarity),
                similarity=similarity,
            )
            for row, similarity in zip(probabilities, _floats(outputs.similarity, len(probabilities)), strict=True)
        ]

    def predict(self, picture: Image.Image, top_k: int = 5, prepared: bool = False) -> list[tuple[str, float]]:
        """The `top_k` likeliest classes of one picture with their probabilities, highest first."""
        return list(self._rank(self.probabilities([picture], prepared)[0])[:top_k])

    def _rank(self, probabilities: npt.NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        order = np.argsort(-probabilities, kind="stable")
        return tuple((self.label_names[label_id], float(probabilities[label_id])) for label_id in order)


def _floats(values: npt.NDArray[np.float32] | None, count: int) -> list[float | None]:
    return [None] * count if values is None else values.tolist()
