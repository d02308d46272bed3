"""From a decoded picture of any mode and size to the square of numbers that the network sees.

This file travels with models that need it, so it imports nothing of Vitrine.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:  # where an ONNX file answers, torch is not loaded
    import torch

FillColor = Literal["white", "grey", "black"]
Resize = Literal["squash", "crop", "letterbox"]
Scale = Callable[[Image.Image, int, int], npt.NDArray[np.uint8]]

# White by default: transparent pictures are mostly drawings and logos, made for white pages.
FILL_COLORS = {"white": (255, 255, 255), "grey": (128, 128, 128), "black": (0, 0, 0)}
RESIZES: tuple[Resize, ...] = ("squash", "crop", "letterbox")
SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I")
PHOTOMETRIC, BITS_PER_SAMPLE, SAMPLE_FORMAT = 262, 258, 339  # tags of TIFF
WHITE_IS_ZERO, SIGNED = 0, 2
OVERSHOOT = 0.25  # bicubic and Lanczos resizing pass a sharp edge by less than that
LARGEST_BETWEEN = 1 << 22  # pixels of the picture between two scalings; the numbers of it take tens of megabytes
# A picture of 1 x 60,000 pixels would take 9 GB once its shorter side were 224.
MOST_OBLONG = 64


class UnknownLevelsError(ValueError):
    """Grey levels whose black and white nobody can know; the message says which, and what to do."""


def convert_to_rgb(image: Image.Image, fill_color: str = "white") -> Image.Image:
    """Converts any mode to 8-bit RGB: 16-bit is scaled, not cut off; transparent parts get the fill colour.

    Raises:
        UnknownLevelsError: nobody can say which of its numbers are black and white.
        ValueError: the mode has no way to RGB.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in (*SIXTEEN_BIT_MODES, "F"):
        image = Image.fromarray(scale_levels(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*FILL_COLORS[fill_color], 255)), image)
    return image.convert("RGB")


def scale_levels(image: Image.Image) -> npt.NDArray[np.uint8]:
    """The grey levels of a picture of more than 8 bits, from black (0) to white (255), `[height, width]`.

    Whole numbers are scaled by their type, floating-point ones from 0 to 1; a TIFF whose file says that its zero is
    white is turned round.

    Raises:
        UnknownLevelsError: signed numbers, or floating-point ones outside 0 to 1.
    """
    tags = getattr(image, "tag_v2", {})  # of a TIFF; 16 bits in other formats
    levels = np.asarray(image)
    if SIGNED in np.atleast_1d(tags.get(SAMPLE_FORMAT, ())):
        raise UnknownLevelsError("signed whole numbers, whose black and white stand nowhere; save it as 8 or 16 bits")
    if image.mode == "F":
        gray = _scale_floats(levels)
    elif np.max(tags.get(BITS_PER_SAMPLE, 16)) == 32:
        gray = (levels.view(np.uint32) >> 24).astype(np.uint8)  # Pillow hands them over as signed ones
    else:
        # convert("RGB") would cut off at 255: a 16-bit grey of 60,000 and one of 300 would both be white.
        gray = (levels.clip(0, 65535) // 257).astype(np.uint8)
    return 255 - gray if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO else gray


def _scale_floats(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Levels of 0 to 1; a little more or less, as resizing leaves it, is cut off. What is not a number is black."""
    finite = levels[np.isfinite(levels)]
    if finite.size and (finite.min() < -OVERSHOOT or finite.max() > 1 + OVERSHOOT):
        raise UnknownLevelsError(
            f"floating-point levels from {finite.min():.4g} to {finite.max():.4g}, whose black and white stand "
            "nowhere; save it with levels of 0 to 1, or as 8 or 16 bits"
        )
    return (np.nan_to_num(levels, nan=0.0).clip(0, 1) * 255).astype(np.uint8)


def share_pixels(image: Image.Image) -> npt.NDArray[np.uint8]:
    """The pixels of an RGB picture as Pillow keeps them, `[height, width, 4]`, of which the fourth number is padding.

    `np.asarray` would copy them twice, which takes several times as long as torch needs to resize them. Where they
    cannot be shared, they are copied, `[height, width, 3]`: without nanoarrow, and beyond 16 MB where Pillow keeps such
    pictures in several blocks (see `decoding`).
    """
    try:
        import nanoarrow
    except ImportError:  # this file travels
        return np.array(image)
    try:
        return np.asarray(_SharedPixels(nanoarrow.c_array(image), image.size))
    except (TypeError, ValueError):  # an earlier Pillow; several blocks
        return np.array(image)


class _SharedPixels:
    """Tells NumPy where pixels lie, and keeps them there as long as an array shows them."""

    def __init__(self, exported: Any, size: tuple[int, int]) -> None:
        self.exported = exported
        width, height = size
        place = exported.child(0).buffers[1]  # the first one would say which of them are missing
        self.__array_interface__ = {"version": 3, "shape": (height, width, 4), "typestr": "|u1", "data": (place, False)}


def resize_image(image: Image.Image, side: int, resize: str = "squash", fill_color: str = "white") -> "torch.Tensor":
    """Resizes an RGB picture to a square (bicubic, antialias) with torch; see `resize_array`."""
    import torch

    return torch.from_numpy(resize_array(image, side, _scale, resize, fill_color))


def resize_array(
    image: Image.Image, side: int, scale: Scale, resize: str = "squash", fill_color: str = "white"
) -> npt.NDArray[np.uint8]:
    """Resizes an RGB picture to a square.

    Args:
        image: 8-bit RGB, of any size.
        side: of the square, in pixels.
        scale: brings a picture to a height and a width, `[3, height, width]`.
        resize: 'squash' changes the proportions, exactly as `transformers.ViTImageProcessor` does; 'crop' makes the
            shorter side fit and keeps the centre, exactly as `transformers.BitImageProcessor` does; 'letterbox' makes
            the longer side fit and adds equal bars at both sides.
        fill_color: colour of the bars.

    Returns:
        `[3, side, side]`.

    Raises:
        ValueError: there is no such way to resize.
    """
    if resize == "squash":
        return scale(shrink_first(image, side), side, side)
    if resize == "crop":
        return _crop(cut_ends(image), side, scale)
    if resize == "letterbox":
        return _letterbox(image, side, scale, fill_color)
    raise ValueError(f"there is no way to resize called '{resize}'")


def shrink_first(image: Image.Image, side: int) -> Image.Image:
    """Shrinks a very long, narrow picture to the side of the square before its width is enlarged to it.

    Torch scales rows before columns: a picture of 1 x 100,000 pixels would be one of 224 x 100,000 in between, hundreds
    of bytes for each of its pixels. Others come back as they are, so that their answers stay exactly the same.
    """
    width, height = image.size
    if width >= side or side * height <= LARGEST_BETWEEN:
        return image
    return image.resize((width, side), Image.Resampling.BICUBIC)


def cut_ends(image: Image.Image) -> Image.Image:
    """Cuts a picture more than 64 times as long as wide to its middle, before a crop makes its shorter side fit."""
    most = MOST_OBLONG * min(image.size)
    width, height = min(image.width, most), min(image.height, most)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image if (width, height) == image.size else image.crop((left, top, left + width, top + height))


def _scale(image: Image.Image, height: int, width: int) -> npt.NDArray[np.uint8]:
    import torch
    from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

    bicubic = F.InterpolationMode.BICUBIC
    levels = torch.from_numpy(share_pixels(image)).permute(2, 0, 1)
    scaled = F.resize(levels, [height, width], interpolation=bicubic, antialias=True)[:3]
    return np.ascontiguousarray(scaled.numpy())


def _crop(image: Image.Image, side: int, scale: Scale) -> npt.NDArray[np.uint8]:
    longer = int(side * max(image.size) / min(image.size))
    height, width = (longer, side) if image.width <= image.height else (side, longer)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(scale(image, height, width)[:, top : top + side, left : left + side])


def _letterbox(image: Image.Image, side: int, scale: Scale, fill_color: str) -> npt.NDArray[np.uint8]:
    share = side / max(image.size)
    height, width = max(1, round(image.height * share)), max(1, round(image.width * share))
    preprocessed = np.empty((3, side, side), np.uint8)
    preprocessed[:] = np.reshape(FILL_COLORS[fill_color], (3, 1, 1))
    top, left = (side - height) // 2, (side - width) // 2
    preprocessed[:, top : top + height, left : left + width] = scale(image, height, width)
    return preprocessed


def whiten(pixels: "torch.Tensor") -> "torch.Tensor":
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
