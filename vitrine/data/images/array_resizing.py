"""The resizing of torch in NumPy, equal to the bit, for places where torch is not loaded.

Torch resizes 8-bit pictures with weights in 16-bit whole numbers, columns first, and rounds to 8 bits in between
(`aten/src/ATen/native/cpu/UpSampleKernel*.cpp`); Pillow's own weights are finer, so one level in two to three hundred
differs.
Here the same whole numbers are multiplied as floating-point ones, which hold every sum exactly, whatever the order, so
that a fast matrix product may compute them: as ones of 32 bits where they suffice, else of 64.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.data.images.resizing import share_pixels

CUBIC = -0.5  # the free parameter of the bicubic kernel where it averages
REACH = 2.0  # of the kernel to each side, in source pixels, or in result pixels where the picture shrinks
MOST_PRECISION = 22  # bits behind the point of a weight
WEIGHT_BITS = 15
COLUMNS_AT_ONCE = 16  # neighbouring results share most of their source pixels
# A product up to this size is computed by the thread that asks for it: OpenBLAS shares out larger ones, and its threads
# would then spin on the cores that the network wants.
MOST_PRODUCTS = 1 << 18
IN_CACHE = 1 << 20  # bytes
# Levels are counted from the middle one, so that sums of weights with 16 bits behind the point need no more than 24:
# at most 128 times 1.3, and a sign.
MIDDLE, WHITE = 128, 255
COLORS = 3
MOST_PRECISION_OF_32_BITS = 16


Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class _Block:
    """Neighbouring results `own`: of the source from `start` to `stop`, by weights `[stop - start, own]`."""

    own: slice
    start: int
    stop: int
    weights: Floats


@dataclass(frozen=True)
class _Plan:
    """How a line is brought to its new size.

    Attributes:
        blocks: of results, from the first to the last.
        rest: what is added to each result, `[size]`: the middle level, and the half by which is rounded.
        lines: how many lines one product may bring to their new size.
    """

    blocks: tuple[_Block, ...]
    rest: Floats
    lines: int


def scale_array(image: Image.Image, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Resizes an RGB picture, bicubic with antialias, to the very numbers that torch gives.

    Args:
        image: 8-bit RGB, of any size.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        `[3, height, width]`.
    """
    levels = share_pixels(image)[..., :COLORS].transpose(2, 0, 1)
    return np.ascontiguousarray(_scale_rows(_scale_columns(levels, width), height))


def _scale_columns(levels: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """The last axis of `[3, rows, columns]` brought to `size`."""
    if levels.shape[-1] == size:
        return levels
    rows, columns = levels.shape[1:]
    plan = _plan(columns, size)
    scaled = np.empty((COLORS, rows, size), np.uint8)
    at_once = min(plan.lines, max(1, IN_CACHE // (COLORS * plan.rest.itemsize * (size + columns))))
    sums = np.empty((COLORS, at_once, size), plan.rest.dtype)
    for first in range(0, rows, at_once):
        part = _from_middle(levels[:, first : first + at_once], sums.dtype)
        found = sums[:, : part.shape[1]]
        for block in plan.blocks:
            np.matmul(part[..., block.start : block.stop], block.weights, out=found[..., block.own])
        found += plan.rest
        np.clip(found, 0, WHITE, out=found)
        scaled[:, first : first + at_once] = found  # cuts off behind the point
    return scaled


def _scale_rows(levels: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """The middle axis of `[3, rows, columns]` brought to `size`."""
    if levels.shape[1] == size:
        return levels
    plan = _plan(levels.shape[1], size)
    scaled = np.empty((len(levels), size, levels.shape[2]), np.uint8)
    for block in plan.blocks:
        part = _from_middle(levels[:, block.start : block.stop], plan.rest.dtype)
        for first in range(0, levels.shape[2], plan.lines):
            found = block.weights.T @ part[..., first : first + plan.lines]
            found += plan.rest[block.own, None]
            np.clip(found, 0, WHITE, out=found)
            scaled[:, block.own, first : first + plan.lines] = found
    return scaled


def _from_middle(levels: npt.NDArray[np.uint8], dtype: npt.DTypeLike) -> Floats:
    """Levels less the middle one."""
    numbers: Floats = levels.astype(dtype, order="C")
    numbers -= MIDDLE
    return numbers


@lru_cache(maxsize=256)
def _plan(source: int, size: int) -> _Plan:
    """Weights from `source` pixels in a line to `size`."""
    firsts, weights, precision = _weigh(source, size)
    dtype: type[np.floating] = np.float32 if precision <= MOST_PRECISION_OF_32_BITS else np.float64
    blocks = []
    for column in range(0, size, COLUMNS_AT_ONCE):
        own = slice(column, min(size, column + COLUMNS_AT_ONCE))
        start, stop = int(firsts[own][0]), min(source, int(firsts[own][-1]) + weights.shape[1])
        matrix = np.zeros((stop - start + weights.shape[1], own.stop - own.start))
        for place, (first, line) in enumerate(zip(firsts[own] - start, weights[own], strict=True)):
            matrix[first : first + len(line), place] = line
        blocks.append(_Block(own, start, stop, matrix[: stop - start].astype(dtype)))
    rest = (MIDDLE * weights.sum(axis=1) + 0.5).astype(dtype)
    return _Plan(tuple(blocks), rest, max(1, MOST_PRODUCTS // max(block.weights.size for block in blocks)))


def _weigh(source: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], int]:
    """Of each result the first source pixel, `[size]`, and the weights from there on, `[size, most]`; their bits."""
    scale = source / size
    reach = REACH * max(scale, 1.0)
    centers = scale * (np.arange(size) + 0.5)
    firsts = np.maximum((centers - reach + 0.5).astype(np.int64), 0)
    counts = np.minimum((centers + reach + 0.5).astype(np.int64), source) - firsts
    steps = np.arange(counts.max())
    weights = _kernel((steps + firsts[:, None] - centers[:, None] + 0.5) / max(scale, 1.0))
    weights *= steps < counts[:, None]
    weights /= weights.sum(axis=1, keepdims=True)
    precision = _choose_precision(float(weights.max()))
    whole = np.trunc(weights * 2.0**precision + np.copysign(0.5, weights))
    return firsts, whole / 2.0**precision, precision


def _kernel(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x = np.abs(distances)
    near = ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * CUBIC
    return np.where(x < 1, near, np.where(x < REACH, far, 0.0))


def _choose_precision(largest: float) -> int:
    """Bits behind the point, as many as let the largest weight fit into 16 bits with its sign."""
    for precision in range(MOST_PRECISION):
        if int(0.5 + largest * 2 ** (precision + 1)) >= 1 << WEIGHT_BITS:
            return precision
    return MOST_PRECISION
