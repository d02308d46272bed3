"""From a decoded picture of any mode and size to the square of numbers that the network sees.

This file travels with models that need it, so it imports nothing of Vitrine.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

FillColor = Literal["white", "grey", "black"]
Resize = Literal["squash", "crop", "letterbox"]

# White by default: transparent pictures are mostly drawings and logos, made for white pages.
FILL_COLORS = {"white": (255, 255, 255), "grey": (128, 128, 128), "black": (0, 0, 0)}
RESIZES: tuple[Resize, ...] = ("squash", "crop", "letterbox")
SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I")
# A picture of 1 x 60,000 pixels would take 9 GB once its shorter side were 224.
MOST_OBLONG = 64


def convert_to_rgb(image: Image.Image, fill_color: str = "white") -> Image.Image:
    """Converts any mode to 8-bit RGB: 16-bit is scaled, not cut off; transparent parts get the fill colour.

    Raises:
        ValueError: the mode has no way to RGB.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in SIXTEEN_BIT_MODES:
        # convert("RGB") would cut off at 255: a 16-bit grey of 60,000 and one of 300 would both be white.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    elif image.mode == "F":
        image = Image.fromarray(_scale_floats(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*FILL_COLORS[fill_color], 255)), image)
    return image.convert("RGB")


def _scale_floats(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Floating-point pictures have no fixed white: 0 to 1 by custom, 0 to 255 where a value is above 1."""
    finite = np.nan_to_num(levels, nan=0.0, posinf=255.0, neginf=0.0)
    scale = 255.0 if finite.max(initial=0.0) <= 1.0 else 1.0
    return (finite * scale).clip(0, 255).astype(np.uint8)


def resize_image(image: Image.Image, side: int, resize: str = "squash", fill_color: str = "white") -> torch.Tensor:
    """Resizes an RGB picture to a square (bicubic, antialias).

    Args:
        image: 8-bit RGB, of any size.
        side: of the square, in pixels.
        resize: 'squash' changes the proportions, exactly as `transformers.ViTImageProcessor` does; 'crop' makes the
            shorter side fit and keeps the centre, exactly as `transformers.BitImageProcessor` does; 'letterbox' makes
            the longer side fit and adds equal bars at both sides.
        fill_color: colour of the bars.

    Returns:
        uint8, `[3, side, side]`.

    Raises:
        ValueError: there is no such way to resize.
    """
    if resize == "squash":
        return _scale(image, side, side)
    if resize == "crop":
        return _crop(cut_ends(image), side)
    if resize == "letterbox":
        return _letterbox(image, side, fill_color)
    raise ValueError(f"there is no way to resize called '{resize}'")


def cut_ends(image: Image.Image) -> Image.Image:
    """Cuts a picture more than 64 times as long as wide to its middle, before a crop makes its shorter side fit."""
    most = MOST_OBLONG * min(image.size)
    width, height = min(image.width, most), min(image.height, most)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image if (width, height) == image.size else image.crop((left, top, left + width, top + height))


def _scale(image: Image.Image, height: int, width: int) -> torch.Tensor:
    bicubic = F.InterpolationMode.BICUBIC
    scaled: torch.Tensor = F.resize(F.pil_to_tensor(image), [height, width], interpolation=bicubic, antialias=True)
    return scaled


def _crop(image: Image.Image, side: int) -> torch.Tensor:
    longer = int(side * max(image.size) / min(image.size))
    height, width = (longer, side) if image.width <= image.height else (side, longer)
    top, left = (height - side) // 2, (width - side) // 2
    return _scale(image, height, width)[:, top : top + side, left : left + side].contiguous()


def _letterbox(image: Image.Image, side: int, fill_color: str) -> torch.Tensor:
    share = side / max(image.size)
    height, width = max(1, round(image.height * share)), max(1, round(image.width * share))
    preprocessed = torch.tensor(FILL_COLORS[fill_color], dtype=torch.uint8).view(3, 1, 1).repeat(1, side, side)
    top, left = (side - height) // 2, (side - width) // 2
    preprocessed[:, top : top + height, left : left + width] = _scale(image, height, width)
    return preprocessed


def whiten(pixels: torch.Tensor) -> torch.Tensor:
    """Brings each picture to mean 0 and deviation 1, over all its pixels and colours.

    Args:
        pixels: float, 0 to 255, `[batch, 3, height, width]`.

    Returns:
        The same shape. The deviation counts as 1 / sqrt(numbers in a picture) at least, as in TensorFlow's
        `per_image_standardization`, so that a picture of one colour becomes zeros.
    """
    centered = pixels - pixels.mean(dim=(1, 2, 3), keepdim=True)
    deviation = centered.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return centered / deviation.clamp(min=pixels[0].numel() ** -0.5)
