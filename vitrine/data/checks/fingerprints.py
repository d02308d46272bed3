"""What is remembered of a picture's looks while it is decoded: enough to find its copies, little enough to keep."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32  # pixels of the brightness; a crop of 5 % moves the edges by 1.6 of them, which can be undone
COLOR_SIDE = SIDE // 2  # colour is kept at half the resolution, as in JPEG: it tells products of one outline apart
THUMBNAIL_SHAPE = (SIDE + COLOR_SIDE, SIDE)
HASH_SIDE = 8  # frequencies in each direction: 64 bits
SAMPLES_SIDE = 64  # pixels looked at singly, in each direction
# The cosines are whole numbers, so that sums of them are exact and no processor or library rounds them its own way.
COSINE_SCALE = 1024


@dataclass(frozen=True)
class Fingerprint:
    """The looks of one picture.

    Attributes:
        perceptual_hash: 64 bits as 16 hexadecimal digits; pictures that look alike differ in few bits.
        thumbnail: uint8 `[48, 32]`, the whole picture squashed. Rows 0 to 31: brightness (Y); rows 32 to 47: the
            colours at half the resolution, Cb on the left and Cr on the right.
        contrast: standard deviation of the grey levels in [0, 127.5], of single pixels or of small areas, whichever is
            larger: fine texture counts as well as a small dark spot.
    """

    perceptual_hash: str
    thumbnail: npt.NDArray[np.uint8]
    contrast: float


def fingerprint(image: Image.Image) -> Fingerprint:
    """Computes what is remembered of a picture; Pillow does most of it outside the interpreter lock.

    Args:
        image: upright, RGB, of any size.
    """
    # The gap averages most of the pixels away in whole blocks first, which is three times as fast.
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=1.5).convert("YCbCr")
    bands = np.asarray(small)
    thumbnail = np.empty(THUMBNAIL_SHAPE, np.uint8)
    thumbnail[:SIDE] = bands[..., 0]
    halves = _halve(bands[..., 1:])
    thumbnail[SIDE:, :COLOR_SIDE] = halves[..., 0]
    thumbnail[SIDE:, COLOR_SIDE:] = halves[..., 1]
    brightness = thumbnail[:SIDE].astype(np.float64)
    samples = image.resize((SAMPLES_SIDE, SAMPLES_SIDE), Image.Resampling.NEAREST).convert("L")
    contrast = max(_deviation(np.asarray(samples).astype(np.float64)), _deviation(brightness))
    return Fingerprint(_hash(brightness), thumbnail, contrast)


def show_thumbnail(thumbnail: npt.NDArray[np.uint8]) -> Image.Image:
    """A thumbnail as an RGB picture of 32 pixels, for where nothing better is at hand."""
    size = (SIDE, SIDE)
    bands = [thumbnail[:SIDE], thumbnail[SIDE:, :COLOR_SIDE], thumbnail[SIDE:, COLOR_SIDE:]]
    return Image.merge("YCbCr", [Image.fromarray(band).resize(size) for band in bands]).convert("RGB")


@cache
def cosines(frequencies: int) -> npt.NDArray[np.float64]:
    """Whole numbers `[frequencies, 32]` that turn brightness into its slowest changes (discrete cosine transform)."""
    angles = np.outer(np.arange(frequencies), 2 * np.arange(SIDE) + 1) * np.pi / (2 * SIDE)
    return np.round(COSINE_SCALE * np.cos(angles))


def _halve(band: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    wide = band.astype(np.uint16)
    sums = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]
    return ((sums + 2) // 4).astype(np.uint8)


def _deviation(levels: npt.NDArray[np.float64]) -> float:
    """Standard deviation; four times as fast as numpy's, and exact for whole numbers up to the root."""
    flat = levels.ravel()
    return math.sqrt(max(0.0, float(flat @ flat) / flat.size - (float(flat.sum()) / flat.size) ** 2))


def _hash(brightness: npt.NDArray[np.float64]) -> str:
    """A bit for each of the 64 lowest frequencies: is it above the median? The first stands for mean brightness."""
    basis = cosines(HASH_SIDE)
    changes = (basis @ brightness @ basis.T).ravel()
    bits = changes > np.sort(changes[1:])[31]  # the median of 63
    return np.packbits(bits).tobytes().hex()
