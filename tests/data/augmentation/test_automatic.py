"""TrivialAugment and RandAugment."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from vitrine.data.augmentation.augment import OPERATIONS as COLUMNS
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.automatic import (
    OPERATIONS,
    autocontrast,
    draw_operations,
    posterize,
    scale_tones,
    sharpen,
    solarize,
)
from vitrine.data.augmentation.policies import POLICIES, resolve_policy


@pytest.fixture
def pixels():
    """Whole levels, so that torchvision's functions for bytes can be compared with."""
    return torch.randint(20, 200, (3, 3, 16, 16), generator=torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda x: scale_tones(x, "brightness", np.full(3, 1.3)), lambda x: functional.adjust_brightness(x, 1.3)),
        (lambda x: scale_tones(x, "color", np.full(3, 0.4)), lambda x: functional.adjust_saturation(x, 0.4)),
        (lambda x: scale_tones(x, "contrast", np.full(3, 1.6)), lambda x: functional.adjust_contrast(x, 1.6)),
        (lambda x: sharpen(x, np.full(3, 1.9)), lambda x: functional.adjust_sharpness(x, 1.9)),
        (lambda x: posterize(x, np.full(3, 3.0)), lambda x: functional.posterize(x, 3)),
        (lambda x: solarize(x, np.full(3, 100.0)), lambda x: functional.solarize(x, 100)),
        (autocontrast, functional.autocontrast),
    ],
)
def test_each_tone_operation_does_what_torchvision_does(pixels, ours, theirs):
    expected = torch.stack([theirs(picture.to(torch.uint8)) for picture in pixels]).float()
    changed = ours(pixels.clone())
    assert not torch.equal(expected, pixels)
    assert (changed - expected).abs().max() <= 1.5  # torchvision rounds in between


def test_an_even_picture_survives_autocontrast():
    assert torch.equal(autocontrast(torch.full((1, 3, 4, 4), 70.0)), torch.full((1, 3, 4, 4), 70.0))


@pytest.mark.parametrize("kind", OPERATIONS)
def test_each_operation_changes_pictures_within_the_range(pixels, kind):
    numbers = draw_numbers(0, 0, range(3))
    numbers[:, COLUMNS.start] = (OPERATIONS.index(kind) + 0.5) / len(OPERATIONS)
    numbers[:, COLUMNS.start + 2] = 0.9
    changed = augment(pixels, numbers, "trivialaugment")
    assert 0 <= changed.min() <= changed.max() <= 255
    assert torch.allclose(changed, pixels, atol=0.01) == (kind == "identity")


def test_trivialaugment_draws_operations_evenly_and_any_strength():
    numbers = draw_numbers(0, 0, range(2800))[:, COLUMNS]
    drawn = draw_operations(numbers, POLICIES["trivialaugment"])
    assert drawn.kinds.shape == (2800, 1)
    counts = np.bincount(drawn.kinds[:, 0], minlength=len(OPERATIONS))
    assert counts.min() > 140
    assert counts.max() < 260
    assert np.histogram(drawn.strengths, 4, (0, 1))[0].min() > 600
    assert 1300 < (drawn.directions > 0).sum() < 1500


def test_randaugment_draws_n_operations_of_one_strength():
    policy = resolve_policy("randaugment", {"operations": 3, "magnitude": 15})
    drawn = draw_operations(draw_numbers(0, 0, range(50))[:, COLUMNS], policy)
    assert drawn.kinds.shape == (50, 3)
    assert (drawn.strengths == 0.5).all()
    assert len({tuple(kinds) for kinds in drawn.kinds}) > 40


def test_a_translation_moves_by_its_share_of_the_side():
    dot = torch.zeros(1, 3, 224, 224)
    dot[..., 100:104, 100:104] = 255
    numbers = draw_numbers(0, 0, [0])
    numbers[:, COLUMNS.start : COLUMNS.start + 3] = 3.5 / len(OPERATIONS), 0.1, 1 - 1e-9
    assert torch.allclose(augment(dot, numbers, "trivialaugment"), dot.roll(32, -1), atol=0.5)
