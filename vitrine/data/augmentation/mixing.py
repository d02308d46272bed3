"""Mixup (arXiv:1710.09412) and CutMix (arXiv:1905.04899): pictures and labels of a batch mixed in pairs."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)

from vitrine.config.augmentation import AugmentationSection

STREAM = 0x6D6978  # keeps these numbers apart from those of the picture with the same index


@dataclass(frozen=True)
class Mixing:
    """How batches are mixed; names and units as in the recipe.

    Attributes:
        mixup: alpha of mixup's Beta distribution; 0 is off.
        cutmix: alpha of CutMix's; 0 is off. With both, each takes half of the batches.
        probability: share of the batches that are mixed.
    """

    mixup: float = 0.0
    cutmix: float = 0.0
    probability: float = 1.0

    @classmethod
    def from_section(cls, section: AugmentationSection) -> Self:
        """What a recipe asks for."""
        return cls(section.mixup, section.cutmix, section.mix_probability)

    @property
    def is_on(self) -> bool:
        """Whether any batch is mixed; if not, `mix` need not be called."""
        return self.probability > 0 and (self.mixup > 0 or self.cutmix > 0)


def mixing_numbers(seed: int, epoch: int, first_index: int) -> np.random.Generator:
    """Random numbers of a batch; they depend on (seed, epoch, index of its first picture) alone.

    Args:
        seed: of the training.
        epoch: from 0.
        first_index: row of the first picture in its split.
    """
    return np.random.default_rng((seed, epoch, first_index, STREAM))


def mix(
    pixels: torch.Tensor, label_ids: torch.Tensor, num_labels: int, mixing: Mixing, numbers: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixes every picture with another one of the batch, all in the same proportion.

    Args:
        pixels: float `[batch, 3, height, width]`, after `augment`; stays as it is.
        label_ids: int64 `[batch]`.
        num_labels: number of classes.
        mixing: kinds and strengths.
        numbers: from `mixing_numbers`.

    Returns:
        Pixels of the same shape, and the share of every class in each picture: float32 `[batch, num_labels]`, rows sum
        to 1. Cross-entropy takes them in place of label ids, with label smoothing too.
    """
    targets = F.one_hot(label_ids, num_labels).float()
    # All are drawn in any case, so that a change of the recipe leaves the others as they were.
    chance, kind, x, y, place = numbers.random(5)
    if len(pixels) < 2 or not mixing.is_on or chance >= mixing.probability:
        return pixels, targets
    cuts = mixing.cutmix > 0 and (mixing.mixup == 0 or kind < 0.5)
    alpha = mixing.cutmix if cuts else mixing.mixup
    own_share = float(numbers.beta(alpha, alpha))
    step = 1 + int(place * (len(pixels) - 1))  # never a picture with itself
    if cuts:
        pixels, own_share = _paste(pixels, step, own_share, x, y)
    else:
        pixels = torch.lerp(pixels.roll(step, 0), pixels, own_share)
    return pixels, torch.lerp(targets.roll(step, 0), targets, own_share)


def _paste(pixels: torch.Tensor, step: int, own_share: float, x: float, y: float) -> tuple[torch.Tensor, float]:
    """Pastes a rectangle of the picture `step` places before; returns the share that is still a picture's own."""
    height, width = pixels.shape[2:]
    high, wide = (side * math.sqrt(1 - own_share) for side in (height, width))
    # As in the paper, the middle lies anywhere and the rectangle is cut off at the edges.
    left, right = round(max(0, x * width - wide / 2)), round(min(width, x * width + wide / 2))
    top, bottom = round(max(0, y * height - high / 2)), round(min(height, y * height + high / 2))
    mixed = pixels.clone()
    mixed[:, :, top:bottom, left:right] = pixels[:, :, top:bottom, left:right].roll(step, 0)
    return mixed, 1 - (right - left) * (bottom - top) / (height * width)
