"""What the methods share that ask a network about changed pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]
Ask = Callable[[Pixels], Probabilities]  # `[pictures, 3, side, side]` to `[pictures]`: of the class in question
Hiding = Literal["blur", "inpaint_telea"]
HIDINGS: tuple[Hiding, ...] = get_args(Hiding)
BLUR = 1 / 12  # radius, as a share of the side


@dataclass(frozen=True)
class Perturbation:
    """How a network is asked about changed pictures.

    Attributes:
        hiding: how SHAP hides parts; occlusion hides them by blurring and by the mean colour, in turns.
        evaluations: times that the network is asked, about; more show more. None: as often as the method needs.
        progress: told how often it was asked, and of how many; what it raises ends the work.
    """

    hiding: Hiding = "blur"
    evaluations: int | None = None
    progress: Callable[[int, int], object] = lambda _done, _all: None


USUAL = Perturbation()


def blurred(picture: Pixels) -> Pixels:
    """A picture without details, `[3, side, side]`: nothing in it can be told, but its colours stay."""
    side = picture.shape[-1]
    blur = ImageFilter.GaussianBlur(side * BLUR)
    # Pillow blurs 8 bits only: each colour on its own scale loses less than a 255th of its range.
    channels = []
    for channel in picture:
        low, span = float(channel.min()), max(float(np.ptp(channel)), 1e-6)
        levels = Image.fromarray(((channel - low) / span * 255).round().astype(np.uint8))
        channels.append(np.asarray(levels.filter(blur), np.float32) / 255 * span + low)
    return np.stack(channels)


def without_content(picture: Pixels) -> Pixels:
    """What stands where parts are taken away: the picture blurred, and its mean colour; `[2, 3, side, side]`."""
    mean = np.broadcast_to(picture.mean(axis=(1, 2), keepdims=True), picture.shape)
    return np.stack([blurred(picture), mean])
