"""A map laid over its picture, as people look at it."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.data.images.resizing import RESIZES
from vitrine.data.images.steps import WHITEN
from vitrine.predict.preprocessing import Pixels, Settings

LONGEST = 640  # side of an overlay, in pixels
STRONGEST = 0.75  # share of the colour where the map is 1
# From little to much, dark to light: told apart without seeing colours, and on a grey picture.
COLORS = ((48, 18, 86), (144, 34, 102), (220, 80, 57), (252, 165, 40), (252, 240, 130))
SQUASHING = ("ViTImageProcessor", "VitrineImageProcessor")  # others crop or pad, or may
CROPPING = ("crop_centre", "crop_content", "mirror_horizontal", "mirror_vertical")


def overlay(image: Image.Image, importance: npt.NDArray[np.float32]) -> Image.Image:
    """A picture in grey with the map over it in colours, from violet (little) to yellow (much).

    Args:
        image: RGB, what the map is about; at most 640 pixels of a side come back.
        importance: `[side, side]`, 0 to 1; is brought to the picture's proportions.
    """
    shown = image.copy()
    shown.thumbnail((LONGEST, LONGEST))
    resized = Image.fromarray(importance.astype(np.float32)).resize(shown.size, Image.Resampling.BILINEAR)
    weights = np.asarray(resized, np.float32).clip(0, 1)[:, :, None]
    gray = np.asarray(shown.convert("L").convert("RGB"), np.float32)
    mixed = gray * (1 - STRONGEST * weights) + _colors_of(weights[:, :, 0]) * STRONGEST * weights
    return Image.fromarray(mixed.round().astype(np.uint8))


def what_the_map_is_about(image: Image.Image, pixels: Pixels, settings: Settings) -> Image.Image:
    """The picture itself where the network is known to see all of it; else what the network sees of it.

    Args:
        image: RGB, as it was opened.
        pixels: what the network sees, `[3, side, side]`.
        settings: of the model's preprocessing.
    """
    squashes = settings.get("image_processor_type") in SQUASHING and not settings.get("do_center_crop")
    squashes &= settings.get("resize_mode", RESIZES[0]) == RESIZES[0]
    if squashes and not set(settings.get("steps", ())) & set(CROPPING):
        return image
    return Image.fromarray(levels_of(pixels, settings))


def levels_of(pixels: Pixels, settings: Settings) -> npt.NDArray[np.uint8]:
    """What the network sees as a picture of 0 to 255, `[side, side, 3]`; arguments as for `what_the_map_is_about`.

    Whitened numbers, and those of settings without mean and deviation, are brought from their own range to it.
    """
    told = settings.get("data_config", settings)  # a part of its own in the settings of timm's processor
    numbers = [told.get(f"image_{name}", told.get(name)) for name in ("mean", "std")]
    if WHITEN in settings.get("steps", ()) or None in numbers:
        low, high = pixels.min(), max(pixels.max(), pixels.min() + 1e-6)
        levels = (pixels - low) / (high - low)
    else:
        mean, std = (np.asarray(values, np.float32)[:, None, None] for values in numbers)
        levels = pixels * std + mean
    shown: npt.NDArray[np.uint8] = (levels * 255).round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
    return shown


def _colors_of(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    stops = np.linspace(0, 1, len(COLORS))
    channels = [np.interp(weights, stops, [color[channel] for color in COLORS]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
