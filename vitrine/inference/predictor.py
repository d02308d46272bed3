"""From pictures to probabilities: the one class that the app and the commands use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from transformers import PreTrainedModel
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.preparation import to_rgb
from vitrine.models.backbones import place, read_label_names
from vitrine.models.model_folder import ModelMetadata, load_model


@dataclass(frozen=True)
class Predictor:
    """A loaded model.

    Attributes:
        model_id: what it was loaded by.
        folder: local folder of its files.
        label_names: class names in the order of the label ids.
        metadata: our facts about it; None for a model that Vitrine did not make.
    """

    model_id: str
    folder: Path
    label_names: tuple[str, ...]
    metadata: ModelMetadata | None
    model: PreTrainedModel
    processor: BaseImageProcessor

    @classmethod
    def load(cls, model_id: str) -> Self:
        """Loads a model folder or an id on the Hugging Face Hub.

        Raises:
            UserError: it is none of both, or cannot be loaded.
        """
        model, processor, metadata, folder = load_model(model_id)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model = place(model, device)
        return cls(model_id, folder, read_label_names(model.config), metadata, model, processor)

    @torch.inference_mode()
    def probabilities(self, pictures: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """Probabilities of all classes.

        Args:
            pictures: of any size and mode, upright; at least one.

        Returns:
            `[len(pictures), len(label_names)]`; every row sums to 1.
        """
        inputs = self.processor(images=[to_rgb(picture) for picture in pictures], return_tensors="pt")
        pixel_values = inputs["pixel_values"].to(self.model.device, memory_format=torch.channels_last)
        logits = self.model(pixel_values=pixel_values).logits
        probabilities: npt.NDArray[np.float32] = logits.float().softmax(dim=-1).cpu().numpy()
        return probabilities

    def predict(self, picture: Image.Image, top_k: int = 5) -> list[tuple[str, float]]:
        """The `top_k` likeliest classes of one picture with their probabilities, highest first."""
        probabilities = self.probabilities([picture])[0]
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        return [(self.label_names[label_id], float(probabilities[label_id])) for label_id in order]
