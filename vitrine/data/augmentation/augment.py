"""Random changes to training pictures, on whole batches and on the device that trains.

All geometry of a picture is one affine map, so its pixels are interpolated once. Light and colours are another one.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)

from vitrine.config.augmentation import PolicyName as PolicyName
from vitrine.data.augmentation.automatic import DRAWS_PER_OPERATION, MOST_OPERATIONS, Operations, draw_operations
from vitrine.data.augmentation.color import (
    SMALLEST_ERASED_AREA,
    add_noise,
    blur,
    change_colors,
    change_light,
    erase,
)
from vitrine.data.augmentation.policies import POLICIES, Policy

Numbers = npt.NDArray[np.float64]

# Columns of the random numbers. New ones go to the end: a seed must go on giving the pictures that it gave.
VIEW, ASPECT, TURN, SHIFT_X, SHIFT_Y, FLIP, CONTRAST, BRIGHTNESS = range(8)
VERTICAL_FLIP, SHEAR_X, SHEAR_Y, ZOOM, SATURATION, HUE, GRAY = range(8, 15)
BLURRED, BLUR, NOISY, NOISE, NOISE_SEED, ERASED, ERASED_AREA = range(15, 22)
ERASED_PLACE = slice(22, 25)
OPERATIONS = slice(25, 25 + MOST_OPERATIONS * DRAWS_PER_OPERATION)
DRAWS = OPERATIONS.stop


def draw_numbers(seed: int, epoch: int, indices: Sequence[int]) -> Numbers:
    """Uniform random numbers that depend on (seed, epoch, index) alone: not on workers, order or where a run resumed.

    Args:
        seed: of the training.
        epoch: from 0; a view of cached features counts as one.
        indices: rows of the pictures in their split.

    Returns:
        `[len(indices), DRAWS]`, in [0, 1).
    """
    return np.stack([np.random.default_rng((seed, epoch, index)).random(DRAWS) for index in indices])


def augment(
    pixels: torch.Tensor,
    numbers: Numbers,
    policy: Policy | PolicyName,
    horizontal_flip: bool | None = None,
    side: int | None = None,
) -> torch.Tensor:
    """Changes every picture of a batch in its own way; the order of the batch makes no difference.

    Args:
        pixels: uint8 or float `[batch, 3, height, width]`, 0 to 255, any memory format; stays as it is.
        numbers: from `draw_numbers`, `[batch, DRAWS]`.
        policy: what may change, or the name of a policy.
        horizontal_flip: whether half of the pictures are mirrored; None does as the policy says.
        side: of the result; None keeps that of `pixels`. From larger pictures, a crop loses no sharpness.

    Returns:
        float `[batch, 3, side, side]`, the same range.
    """
    chosen = POLICIES[policy] if isinstance(policy, str) else policy
    flip = chosen.horizontal_flip if horizontal_flip is None else horizontal_flip
    given = pixels
    pixels = pixels if pixels.is_floating_point() else pixels.float()
    operations = draw_operations(numbers[:, OPERATIONS], chosen) if chosen.automatic != "none" else None
    shape = [*pixels.shape[:2], *((side, side) if side else pixels.shape[2:])]
    if chosen.moves or flip or operations is not None or shape != list(pixels.shape):
        maps = torch.from_numpy(_affine_maps(chosen, flip, numbers, operations)).to(pixels)
        grid = F.affine_grid(maps, shape, align_corners=False)
        pixels = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    elif pixels is given and chosen != Policy():
        pixels = pixels.clone()  # what follows works in place
    if operations is not None:
        operations.change_tones(pixels)
    return _change_pixels(_change_light_and_colors(pixels, chosen, numbers), chosen, numbers)


def _affine_maps(policy: Policy, flip: bool, numbers: Numbers, operations: Operations | None) -> Numbers:
    """Maps from places in the result to places in the source, both from -1 to 1: `[batch, 2, 3]`."""
    draws = 2 * numbers - 1
    view = policy.crop_min + (policy.crop_max - policy.crop_min) * numbers[:, VIEW]
    aspect = np.exp(np.log(policy.aspect_ratio) / 2 * draws[:, ASPECT])
    turn = np.deg2rad(policy.rotation) * draws[:, TURN]
    mirror = np.where((numbers[:, FLIP] < 0.5) & flip, -1.0, 1.0)
    upturn = np.where((numbers[:, VERTICAL_FLIP] < 0.5) & policy.vertical_flip, -1.0, 1.0)
    zoom = 1 + policy.zoom * draws[:, ZOOM]
    slant_x, slant_y = policy.shear * draws[:, SHEAR_X], policy.shear * draws[:, SHEAR_Y]
    width, height = np.minimum(view * aspect, policy.crop_max), np.minimum(view / aspect, policy.crop_max)
    # The side is 2 long here. A crop may lie anywhere in the picture; zooming keeps its middle.
    shift_x = draws[:, SHIFT_X] * (np.maximum(1 - width, 0) + 2 * policy.shift)
    shift_y = draws[:, SHIFT_Y] * (np.maximum(1 - height, 0) + 2 * policy.shift)
    width, height = mirror * width * zoom, upturn * height * zoom
    across, down = (width * np.cos(turn), width * np.sin(turn)), (-height * np.sin(turn), height * np.cos(turn))
    rows = [
        [across[0] + slant_y * down[0], down[0] + slant_x * across[0], shift_x],
        [across[1] + slant_y * down[1], down[1] + slant_x * across[1], shift_y],
    ]
    maps = np.moveaxis(np.array(rows), -1, 0)
    return maps if operations is None else operations.move(maps)


def _change_light_and_colors(pixels: torch.Tensor, policy: Policy, numbers: Numbers) -> torch.Tensor:
    """In place where no colours are mixed."""
    if not (policy.brightness or policy.contrast or policy.mixes_colors):
        return pixels
    # Rounded first, as ever: a seed must go on giving the same light to the last bit.
    draws = (2 * numbers - 1).astype(np.float32)
    contrast = 1 + policy.contrast * draws[:, CONTRAST]
    brightness = 255 * policy.brightness * draws[:, BRIGHTNESS]
    if not policy.mixes_colors:
        change_light(pixels, contrast, brightness)
        return pixels
    saturation = np.where(numbers[:, GRAY] < policy.grayscale, 0, 1 + policy.saturation * draws[:, SATURATION])
    return change_colors(pixels, contrast, brightness, saturation, policy.hue * draws[:, HUE])


def _change_pixels(pixels: torch.Tensor, policy: Policy, numbers: Numbers) -> torch.Tensor:
    """Blur, noise and covered rectangles, in place and in this order."""
    if policy.blur:
        chosen, draws = _choose(numbers, BLURRED, policy.blur_probability)
        blur(pixels, chosen, policy.blur * (1 - draws[:, BLUR]), policy.blur)  # above 0
    if policy.noise:
        chosen, draws = _choose(numbers, NOISY, policy.noise_probability)
        seeds = [int(draw * 2**53) for draw in draws[:, NOISE_SEED]]
        add_noise(pixels, chosen, 255 * policy.noise * draws[:, NOISE], seeds)
    if policy.erasing:
        chosen, draws = _choose(numbers, ERASED, policy.erasing)
        areas = SMALLEST_ERASED_AREA + (policy.erasing_area - SMALLEST_ERASED_AREA) * draws[:, ERASED_AREA]
        erase(pixels, chosen, areas, draws[:, ERASED_PLACE])
    return pixels


def _choose(numbers: Numbers, column: int, probability: float) -> tuple[list[int], Numbers]:
    """Places in the batch of the pictures that a step changes, and their numbers."""
    places = np.flatnonzero(numbers[:, column] < probability)
    return places.tolist(), numbers[places]
