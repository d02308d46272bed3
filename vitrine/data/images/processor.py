"""The image processor of models whose preparation no standard processor can say.

This file travels with such models, together with the two that it imports, so none of them imports anything of Vitrine.
The folder loads elsewhere with `trust_remote_code=True`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)
from transformers import BatchFeature
from transformers.image_processing_utils import BaseImageProcessor

# Relative, since transformers copies the files of relative imports, and of no others, into the model folder.
from .resizing import FILL_COLORS, RESIZES, convert_to_rgb, resize_image, whiten
from .steps import STEPS, WHITEN, apply_steps

Picture = Image.Image | np.ndarray | torch.Tensor


class VitrineImageProcessor(BaseImageProcessor):
    """Any mode to RGB, chosen steps, square, then normalised or whitened numbers.

    Args:
        size: height and width of the square in pixels, which are equal.
        steps: preparation steps in their order; 'whiten' as the last takes the place of normalisation.
        contrast_factor: of the step 'contrast'.
        center_share: share of each side that the step 'crop_centre' keeps.
        resize_mode: squash, crop or letterbox.
        fill_color: colour behind transparent parts and of letterbox bars: white, grey or black.
        image_mean: of each colour, on a scale from 0 to 1.
        image_std: standard deviation of each colour, on the same scale.
        **kwargs: kept as they are; `color_profiles` says how files are opened before they come here.

    Raises:
        ValueError: the file of the model says what this version does not know.
    """

    _auto_class = "AutoImageProcessor"

    def __init__(
        self,
        size: dict[str, int] | None = None,
        steps: Sequence[str] = (),
        contrast_factor: float = 1.5,
        center_share: float = 0.8,
        resize_mode: str = "squash",
        fill_color: str = "white",
        image_mean: Sequence[float] = (0.5, 0.5, 0.5),
        image_std: Sequence[float] = (0.5, 0.5, 0.5),
        **kwargs: Any,
    ) -> None:
        # Folders that were written with the first names of two arguments.
        center_share = kwargs.pop("centre_share", center_share)
        fill_color = kwargs.pop("ground", fill_color)
        super().__init__(**kwargs)
        self.size = dict(size or {"height": 224, "width": 224})
        self.steps = list(steps)
        self.contrast_factor = contrast_factor
        self.center_share = center_share
        self.resize_mode = resize_mode
        self.fill_color = fill_color
        self.image_mean = list(image_mean)
        self.image_std = list(image_std)
        self._check()

    def _check(self) -> None:
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown or self.resize_mode not in RESIZES or self.fill_color not in FILL_COLORS:
            asked = f"steps {self.steps}, resize_mode {self.resize_mode!r}, fill_color {self.fill_color!r}"
            raise ValueError(f"the image processor asks for something unknown: {asked}")
        if self.size.get("height") != self.size.get("width"):
            raise ValueError(f"the image processor makes pictures as high as wide (got size {self.size})")

    def preprocess(
        self, images: Picture | Sequence[Picture], do_resize: bool = True, return_tensors: str | None = None, **_: Any
    ) -> BatchFeature:
        """Prepares upright pictures.

        Args:
            images: one or several pictures: PIL images of any mode, or uint8 arrays and tensors.
            do_resize: false for squares that are prepared already (uint8 tensors `[3, side, side]`): only their
                numbers are normalised or whitened.
            return_tensors: "pt" or "np".

        Returns:
            `pixel_values`, float32 `[batch, 3, side, side]`.
        """
        listed = _list_images(images)
        preprocessed = [self._preprocess_one(picture) if do_resize else torch.as_tensor(picture) for picture in listed]
        pixels = torch.stack(preprocessed).float()
        values = whiten(pixels) if WHITEN in self.steps else self._normalize(pixels)
        return BatchFeature({"pixel_values": values}, tensor_type=return_tensors)

    def _preprocess_one(self, picture: Picture) -> torch.Tensor:
        image = convert_to_rgb(_to_image(picture), self.fill_color)
        image = apply_steps(image, self.steps, self.contrast_factor, self.center_share)
        return resize_image(image, self.size["height"], self.resize_mode, self.fill_color)

    def _normalize(self, pixels: torch.Tensor) -> torch.Tensor:
        mean, std = (255 * torch.tensor(values).view(3, 1, 1) for values in (self.image_mean, self.image_std))
        return (pixels - mean) / std


def _list_images(images: Picture | Sequence[Picture]) -> list[Picture]:
    if isinstance(images, Image.Image) or (isinstance(images, np.ndarray | torch.Tensor) and images.ndim < 4):
        return [images]
    return list(images)


def _to_image(picture: Picture) -> Image.Image:
    """A PIL image as it is; an array or tensor by the place of its colours: `[height, width, 3]` or `[3, ...]`."""
    if isinstance(picture, Image.Image):
        return picture
    levels = np.asarray(picture)
    if levels.dtype != np.uint8:
        raise ValueError(f"arrays must hold levels of 0 to 255 as uint8 (got {levels.dtype})")
    if levels.ndim == 3 and levels.shape[0] in (1, 3, 4) and levels.shape[-1] not in (1, 3, 4):
        levels = np.moveaxis(levels, 0, -1)
    image: Image.Image = F.to_pil_image(levels)
    return image
