"""TrivialAugment (arXiv:2103.10158) and RandAugment (arXiv:1909.13719) on whole batches.

Both draw from the 14 operations that torchvision's policies of these names have: identity, shear x and y, translate x
and y, rotate, brightness, colour, contrast, sharpness, posterize, solarize, autocontrast, equalize. Strongest:

| | TrivialAugment (the paper's wide space) | RandAugment at magnitude 30 |
| --- | --- | --- |
| shear (tangent) | 0.99 | 0.3 |
| translate (share of the side) | 32 / 224 | 150 / 331 |
| rotate (degrees) | 135 | 30 |
| brightness, colour, contrast, sharpness (factor 1 +-) | 0.99 | 0.9 |
| posterize (bits left) | 2 | 4 |
| solarize (threshold) | 0 | 0 |

TrivialAugment draws one operation and its strength, uniform from nothing to the strongest; RandAugment draws N
operations, all of the strength M / 30. What has two directions takes each half of the time. Two things differ
from torchvision's: the geometry of a picture is joined to the policy's one affine map, so it comes before the tones and
edges are mirrored in instead of filled; and TrivialAugment's strengths are continuous, not bins.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from torchvision.transforms.v2.functional import equalize

from vitrine.data.augmentation.color import LUMINANCE, map_colors
from vitrine.data.augmentation.policies import Policy

Numbers = npt.NDArray[np.float64]

OPERATIONS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "color",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
MOST_OPERATIONS = 4
DRAWS_PER_OPERATION = 3  # which, direction, strength
MAGNITUDES = 30
FACTORS = ("brightness", "color", "contrast")


@dataclass(frozen=True)
class Ranges:
    """Strongest operations; units as in the table above."""

    shear: float
    translate: float
    rotate: float
    factor: float
    bits: int


TRIVIAL = Ranges(shear=0.99, translate=32 / 224, rotate=135, factor=0.99, bits=2)
RANDOM = Ranges(shear=0.3, translate=150 / 331, rotate=30, factor=0.9, bits=4)


@dataclass(frozen=True)
class Operations:
    """What was drawn for the pictures of a batch.

    Attributes:
        kinds: place in `OPERATIONS`, `[batch, operations]`.
        directions: -1 or 1.
        strengths: 0 to 1 of the strongest.
        ranges: the strongest.
    """

    kinds: npt.NDArray[np.int64]
    directions: Numbers
    strengths: Numbers
    ranges: Ranges

    def move(self, maps: Numbers) -> Numbers:
        """Joins the geometric operations to affine maps from result to source, `[batch, 2, 3]`."""
        bottom = np.broadcast_to([[0.0, 0.0, 1.0]], (len(maps), 1, 3))
        whole = np.concatenate([maps, bottom], axis=1)
        for slot in range(self.kinds.shape[1]):
            whole = whole @ self._geometry(slot)
        return whole[:, :2]

    def _geometry(self, slot: int) -> Numbers:
        amount = self.directions[:, slot] * self.strengths[:, slot]
        maps = np.tile(np.eye(3), (len(amount), 1, 1))

        def set_where(operation: str, row: int, column: int, values: Numbers) -> None:
            chosen = self.kinds[:, slot] == OPERATIONS.index(operation)
            maps[chosen, row, column] = values[chosen]

        set_where("shear_x", 0, 1, self.ranges.shear * amount)
        set_where("shear_y", 1, 0, self.ranges.shear * amount)
        set_where("translate_x", 0, 2, 2 * self.ranges.translate * amount)  # the side is 2 long
        set_where("translate_y", 1, 2, 2 * self.ranges.translate * amount)
        turn = np.deg2rad(self.ranges.rotate) * amount
        for row, column, values in ((0, 0, np.cos(turn)), (0, 1, -np.sin(turn)), (1, 0, np.sin(turn))):
            set_where("rotate", row, column, values)
        set_where("rotate", 1, 1, np.cos(turn))
        return maps

    def change_tones(self, pixels: torch.Tensor) -> None:
        """Applies the other operations in place, each to all pictures that drew it.

        Args:
            pixels: float `[batch, 3, height, width]`, 0 to 255.
        """
        for slot in range(self.kinds.shape[1]):
            for kind in np.unique(self.kinds[:, slot]):
                places = np.flatnonzero(self.kinds[:, slot] == kind)
                changed = self._change(OPERATIONS[kind], pixels, slot, places)
                if changed is not None:
                    pixels[places.tolist()] = changed

    def _change(
        self, operation: str, pixels: torch.Tensor, slot: int, places: npt.NDArray[np.int64]
    ) -> torch.Tensor | None:
        strengths = self.strengths[places, slot]
        factors = 1 + self.ranges.factor * self.directions[places, slot] * strengths
        if operation in FACTORS:
            return scale_tones(pixels[places.tolist()], operation, factors)
        if operation == "sharpness":
            return sharpen(pixels[places.tolist()], factors)
        if operation == "posterize":
            return posterize(pixels[places.tolist()], np.round(8 - (8 - self.ranges.bits) * strengths))
        if operation == "solarize":
            return solarize(pixels[places.tolist()], 255 * (1 - strengths))
        if operation == "autocontrast":
            return autocontrast(pixels[places.tolist()])
        if operation == "equalize":
            levels: torch.Tensor = equalize(pixels[places.tolist()].round_().to(torch.uint8))
            return levels.to(pixels.dtype)
        return None


def draw_operations(draws: Numbers, policy: Policy) -> Operations:
    """Turns uniform numbers into operations.

    Args:
        draws: `[batch, MOST_OPERATIONS * DRAWS_PER_OPERATION]`, in [0, 1).
        policy: whose `automatic` is not 'none'.
    """
    which, direction, strength = draws.reshape(len(draws), MOST_OPERATIONS, -1)[:, : policy.operations].transpose(
        2, 0, 1
    )
    trivial = policy.automatic == "trivialaugment"
    return Operations(
        kinds=(which * len(OPERATIONS)).astype(np.int64),
        directions=np.where(direction < 0.5, -1.0, 1.0),
        strengths=strength if trivial else np.full_like(strength, policy.magnitude / MAGNITUDES),
        ranges=TRIVIAL if trivial else RANDOM,
    )


def scale_tones(pixels: torch.Tensor, kind: str, factors: Numbers) -> torch.Tensor:
    """Blends pictures with black (brightness), their grey version (colour) or their mean grey (contrast).

    Args:
        pixels: float `[batch, 3, height, width]`.
        kind: which of the three.
        factors: 0 gives what they are blended with, 1 the picture, above 1 the opposite; `[batch]`.
    """
    matrices = factors[:, None, None] * np.eye(3)
    if kind == "color":
        matrices = matrices + (1 - factors)[:, None, None] * LUMINANCE
    offsets = torch.zeros_like(pixels[:, :1, :1, :1])
    if kind == "contrast":
        weights = torch.from_numpy(LUMINANCE).to(pixels)
        mean = (pixels.mean(dim=(2, 3)) * weights).sum(dim=1)
        offsets = (mean * torch.from_numpy(1 - factors).to(pixels))[:, None, None, None]
    return map_colors(pixels, matrices, offsets).clamp_(0, 255)


def sharpen(pixels: torch.Tensor, factors: Numbers) -> torch.Tensor:
    """Blends pictures with smoothed ones: below 1 blurs, above 1 sharpens; the outermost pixels stay."""
    kernel = torch.ones(3, 1, 3, 3).to(pixels)
    kernel[:, :, 1, 1] = 5
    smooth = F.conv2d(pixels, kernel / 13, groups=3)
    inner = pixels[:, :, 1:-1, 1:-1]
    pixels[:, :, 1:-1, 1:-1] = smooth + (inner - smooth) * torch.from_numpy(factors).to(pixels)[:, None, None, None]
    return pixels.clamp_(0, 255)


def posterize(pixels: torch.Tensor, bits: Numbers) -> torch.Tensor:
    """Keeps the highest bits of each level; `bits` is `[batch]`."""
    width = torch.from_numpy(2.0 ** (8 - bits)).to(pixels)[:, None, None, None]
    return pixels.div_(width).floor_().mul_(width)


def solarize(pixels: torch.Tensor, thresholds: Numbers) -> torch.Tensor:
    """Turns levels from the threshold up into their negative; `thresholds` is `[batch]`."""
    limits = torch.from_numpy(thresholds).to(pixels)[:, None, None, None]
    return torch.where(pixels >= limits, 255 - pixels, pixels)


def autocontrast(pixels: torch.Tensor) -> torch.Tensor:
    """Spreads each colour of each picture from 0 to 255; an even colour stays."""
    low, high = pixels.amin(dim=(2, 3), keepdim=True), pixels.amax(dim=(2, 3), keepdim=True)
    span = high - low
    return torch.where(span > 0, (pixels - low) * (255 / span.clamp_min(1e-6)), pixels).clamp_(0, 255)
