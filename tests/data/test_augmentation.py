"""Random changes: within the named policy, decided by seed, epoch and index alone."""

import numpy as np
import pytest
import torch

from vitrine.data.augmentation import DRAWS, POLICIES, augment, draw_numbers


@pytest.fixture
def pixels():
    """Four pictures with a gradient to the right in red and downwards in green."""
    side = torch.linspace(0, 255, 32)
    return torch.stack([side.expand(32, 32), side[:, None].expand(32, 32), torch.full((32, 32), 90.0)]).repeat(
        4, 1, 1, 1
    )


def middle_draws(count):
    return np.full((count, DRAWS), 0.5)


def test_numbers_depend_on_seed_epoch_and_index_alone():
    numbers = draw_numbers(7, 2, [5, 3, 9])
    assert np.array_equal(numbers[1], draw_numbers(7, 2, [3])[0])
    assert len({tuple(draw_numbers(seed, epoch, [0])[0]) for seed in range(3) for epoch in range(3)}) == 9
    assert ((numbers >= 0) & (numbers < 1)).all()


def test_the_policy_none_changes_nothing(pixels):
    assert torch.equal(augment(pixels, draw_numbers(0, 0, range(4)), "none", horizontal_flip=False), pixels)


def test_flips_mirror_left_and_right_and_only_about_half_of_the_pictures(pixels):
    numbers = middle_draws(4)
    numbers[:, 5] = 0.1, 0.9, 0.49, 0.51
    changed = augment(pixels, numbers, "none", horizontal_flip=True)
    mirrored = pixels.flip(-1)
    for index, expected in enumerate((mirrored, pixels, mirrored, pixels)):
        assert torch.allclose(changed[index], expected[index], atol=0.01)
    flips = draw_numbers(0, 0, range(2000))[:, 5] < 0.5
    assert 900 < flips.sum() < 1100


def test_without_flips_nothing_is_mirrored(pixels):
    changed = augment(pixels, draw_numbers(0, 0, range(4)), "standard", horizontal_flip=False)
    red = changed[:, 0].mean(dim=1)
    assert (red[:, -1] > red[:, 0]).all()


@pytest.mark.parametrize("policy", POLICIES)
def test_shape_range_and_reproducibility_hold_for_every_policy(pixels, policy):
    numbers = draw_numbers(3, 1, range(4))
    changed = augment(pixels, numbers, policy, horizontal_flip=True)
    assert changed.shape == pixels.shape
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert torch.equal(changed, augment(pixels, numbers, policy, horizontal_flip=True))


@pytest.mark.parametrize("policy", ["light", "standard"])
def test_every_picture_of_a_batch_changes_in_its_own_way(pixels, policy):
    changed = augment(pixels, draw_numbers(0, 0, range(4)), policy, horizontal_flip=False)
    assert all(not torch.allclose(changed[a], changed[b], atol=1) for a in range(4) for b in range(a))


def test_a_batch_in_channels_last_gives_the_same(pixels):
    numbers = draw_numbers(0, 0, range(4))
    last = augment(pixels.contiguous(memory_format=torch.channels_last), numbers, "standard", horizontal_flip=True)
    assert torch.allclose(last, augment(pixels, numbers, "standard", horizontal_flip=True), atol=0.01)


def test_brightness_and_contrast_stay_within_their_shares(pixels):
    numbers = middle_draws(4)
    numbers[:, 7] = 0, 0.25, 0.75, 1 - 1e-9
    grey = torch.full_like(pixels, 128)
    changed = augment(grey, numbers, "standard", horizontal_flip=False).mean(dim=(1, 2, 3)) - 128
    most = POLICIES["standard"].max_brightness * 255
    assert torch.allclose(changed, torch.tensor([-most, -most / 2, most / 2, most]), atol=0.5)


def test_larger_pictures_give_the_side_that_is_asked_for_and_sharper_crops():
    stripes = (torch.arange(64) % 4 // 2 * 255.0).expand(4, 3, 64, 64)
    small = torch.nn.functional.interpolate(stripes, 32, mode="bilinear", antialias=True)
    numbers = draw_numbers(0, 0, range(4))
    sharp = augment(stripes, numbers, "standard", horizontal_flip=False, side=32)
    assert sharp.shape == (4, 3, 32, 32)
    assert sharp.std() > 1.2 * augment(small, numbers, "standard", horizontal_flip=False).std()
    assert augment(stripes, numbers, "none", horizontal_flip=False, side=32).shape == (4, 3, 32, 32)
