"""From an upright picture to the one that the network sees: the same steps in preparing, the commands and the app."""

from dataclasses import dataclass
from typing import Self

import torch
from PIL import Image

from vitrine.config.data import PreparationSection
from vitrine.data.images.color_profiles import ColorProfiles
from vitrine.data.images.decoding import Rendering
from vitrine.data.images.resizing import FillColor, Resize, resize_image
from vitrine.data.images.steps import WHITEN, apply_steps

RESAMPLE = Image.Resampling.BICUBIC  # what `resize_image` does, in the words of image processors


@dataclass(frozen=True)
class Preparation:
    """What is done to every picture before the network sees it; names and units as in the recipe."""

    steps: tuple[str, ...] = ()
    contrast_factor: float = 1.5
    center_share: float = 0.8
    resize: Resize = "squash"
    fill_color: FillColor = "white"
    color_profiles: ColorProfiles = "ignore"

    @classmethod
    def from_section(cls, section: PreparationSection) -> Self:
        """What a recipe asks for."""
        return cls(**section.model_dump())

    @property
    def rendering(self) -> Rendering:
        """How the colours of a file become 8-bit RGB, before the first step."""
        return Rendering(self.fill_color, self.color_profiles)

    @property
    def whitens(self) -> bool:
        """Whether each picture is brought to mean 0 and deviation 1, in place of the network's normalisation."""
        return WHITEN in self.steps

    @property
    def keeps_the_view(self) -> bool:
        """Whether the preprocessed picture, brought back to its original's proportions, shows the original."""
        return self.resize == "squash" and self.image_steps == ()

    @property
    def image_steps(self) -> tuple[str, ...]:
        """The steps that give a picture: all but whitening."""
        return tuple(step for step in self.steps if step != WHITEN)


def preprocess_image(image: Image.Image, side: int, preparation: Preparation) -> torch.Tensor:
    """Applies the steps to an upright 8-bit RGB picture and resizes it.

    Args:
        image: as `open_image` gives it, with the preparation's rendering.
        side: of the result, in pixels.
        preparation: what to do; whitening is not part of it, since whole numbers are stored.

    Returns:
        uint8, `[3, side, side]`.
    """
    stepped = apply_steps(image, preparation.steps, preparation.contrast_factor, preparation.center_share)
    return resize_image(stepped, side, preparation.resize, preparation.fill_color)
