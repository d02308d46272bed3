"""Named random policies for training pictures, on whole batches and on the device that trains.

All geometry of a picture is one affine map, so its pixels are interpolated once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)

PolicyName = Literal["none", "light", "standard"]


@dataclass(frozen=True)
class Policy:
    """How far pictures may change.

    Attributes:
        smallest_view: share of the side that is seen at least; below 1 this is a random crop.
        largest_view: above 1, what lies beyond the edges is mirrored in.
        max_stretch: largest ratio by which one side is scaled more than the other.
        max_turn_degrees: to either side.
        max_shift: share of the side, in any direction, besides the free play of a crop.
        max_brightness: share of white that is added or taken away.
        max_contrast: share by which differences from the mean grow or shrink.
    """

    smallest_view: float = 1.0
    largest_view: float = 1.0
    max_stretch: float = 1.0
    max_turn_degrees: float = 0.0
    max_shift: float = 0.0
    max_brightness: float = 0.0
    max_contrast: float = 0.0


POLICIES: dict[PolicyName, Policy] = {
    "none": Policy(),
    "light": Policy(smallest_view=0.9, largest_view=1.1, max_stretch=1.1, max_turn_degrees=10, max_shift=0.05),
    "standard": Policy(
        smallest_view=0.6, max_stretch=1.25, max_turn_degrees=15, max_brightness=0.15, max_contrast=0.25
    ),
}
DRAWS = 8


def draw_numbers(seed: int, epoch: int, indices: Sequence[int]) -> npt.NDArray[np.float64]:
    """Uniform random numbers that depend on (seed, epoch, index) alone: not on workers, order or where a run resumed.

    Returns:
        `[len(indices), DRAWS]`, in [0, 1).
    """
    return np.stack([np.random.default_rng((seed, epoch, index)).random(DRAWS) for index in indices])


def augment(
    pixels: torch.Tensor,
    numbers: npt.NDArray[np.float64],
    policy: PolicyName,
    horizontal_flip: bool,
    side: int | None = None,
) -> torch.Tensor:
    """Changes every picture of a batch in its own way.

    Args:
        pixels: float `[batch, 3, height, width]`, 0 to 255, any memory format.
        numbers: from `draw_numbers`, `[batch, DRAWS]`.
        policy: name of the policy.
        horizontal_flip: whether every second picture, on average, is mirrored.
        side: of the result; None keeps that of `pixels`. From larger pictures, a crop loses no sharpness.

    Returns:
        `[batch, 3, side, side]`, the same range.
    """
    chosen = POLICIES[policy]
    shape = [*pixels.shape[:2], *((side, side) if side else pixels.shape[2:])]
    if chosen != Policy() or horizontal_flip or shape != list(pixels.shape):
        maps = torch.from_numpy(_affine_maps(chosen, horizontal_flip, numbers)).to(pixels)
        grid = F.affine_grid(maps, shape, align_corners=False)
        pixels = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    if chosen.max_brightness or chosen.max_contrast:
        pixels = _change_light(pixels, chosen, numbers)
    return pixels


def _affine_maps(policy: Policy, flip: bool, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Maps from places in the result to places in the source, both from -1 to 1: `[batch, 2, 3]`."""
    view_draw, stretch_draw, turn_draw, x_draw, y_draw, flip_draw = numbers[:, :6].T
    view = policy.smallest_view + (policy.largest_view - policy.smallest_view) * view_draw
    stretch = np.exp(np.log(policy.max_stretch) / 2 * (2 * stretch_draw - 1))
    turn = np.deg2rad(policy.max_turn_degrees) * (2 * turn_draw - 1)
    mirror = np.where((flip_draw < 0.5) & flip, -1.0, 1.0)
    width, height = np.minimum(view * stretch, policy.largest_view), np.minimum(view / stretch, policy.largest_view)
    shift_x = (2 * x_draw - 1) * (np.maximum(1 - width, 0) + policy.max_shift)
    shift_y = (2 * y_draw - 1) * (np.maximum(1 - height, 0) + policy.max_shift)
    rows = [
        [mirror * width * np.cos(turn), -height * np.sin(turn), shift_x],
        [mirror * width * np.sin(turn), height * np.cos(turn), shift_y],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def _change_light(pixels: torch.Tensor, policy: Policy, numbers: npt.NDArray[np.float64]) -> torch.Tensor:
    draws = torch.from_numpy(2 * numbers[:, 6:8] - 1).to(pixels)[:, :, None, None, None]
    contrast, brightness = 1 + policy.max_contrast * draws[:, 0], 255 * policy.max_brightness * draws[:, 1]
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return ((pixels - mean) * contrast + mean + brightness).clamp(0, 255)
