"""From pictures to probabilities: the one class that the app and the commands use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor
from transformers import PreTrainedModel
from transformers.image_processing_utils import BaseImageProcessor

from vitrine.data.preparation import MAX_MEGAPIXELS, open_picture, to_rgb
from vitrine.data.squares import Ground, cut_ends
from vitrine.models.backbones import place, read_label_names
from vitrine.models.model_folder import ModelMetadata, load_model, normalise_squares


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

    @property
    def ground(self) -> Ground:
        """The colour behind transparent parts that the model was trained with."""
        ground: Ground = getattr(self.processor, "ground", "white")
        return ground

    def open_picture(self, source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
        """Decodes a picture as the model's training pictures were; see `vitrine.data.preparation.open_picture`.

        Raises:
            PictureError: the reason in words.
        """
        return open_picture(source, max_megapixels, self.ground)

    @torch.inference_mode()
    def probabilities(self, pictures: Sequence[Image.Image], prepared: bool = False) -> npt.NDArray[np.float32]:
        """Probabilities of all classes.

        Args:
            pictures: of any size and mode, upright; at least one.
            prepared: whether they are squares as the network sees them, all of its size: no step is done again.

        Returns:
            `[len(pictures), len(label_names)]`; every row sums to 1.
        """
        images = [to_rgb(picture, self.ground) for picture in pictures]
        values = self._read_squares(images) if prepared else self._prepare(images)
        pixel_values = values.to(self.model.device, memory_format=torch.channels_last)
        logits = self.model(pixel_values=pixel_values).logits
        probabilities: npt.NDArray[np.float32] = logits.float().softmax(dim=-1).cpu().numpy()
        return probabilities

    def _prepare(self, images: list[Image.Image]) -> torch.Tensor:
        if getattr(self.processor, "do_center_crop", False):
            images = [cut_ends(image) for image in images]
        pixel_values: torch.Tensor = self.processor(images=images, return_tensors="pt")["pixel_values"]
        return pixel_values

    def _read_squares(self, squares: Sequence[Image.Image]) -> torch.Tensor:
        return normalise_squares(self.processor, torch.stack([pil_to_tensor(square) for square in squares]))

    def predict(self, picture: Image.Image, top_k: int = 5, prepared: bool = False) -> list[tuple[str, float]]:
        """The `top_k` likeliest classes of one picture with their probabilities, highest first."""
        probabilities = self.probabilities([picture], prepared)[0]
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        return [(self.label_names[label_id], float(probabilities[label_id])) for label_id in order]
