"""Random changes: within the named policy, decided by seed, epoch and index alone."""

import numpy as np
import pytest
import torch

from vitrine.config.recipe import Recipe
from vitrine.data.augmentation import augment as augmentation
from vitrine.data.augmentation.augment import DRAWS, augment, draw_numbers
from vitrine.data.augmentation.policies import POLICIES, Policy


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
    gray = torch.full_like(pixels, 128)
    changed = augment(gray, numbers, "standard", horizontal_flip=False).mean(dim=(1, 2, 3)) - 128
    most = POLICIES["standard"].brightness * 255
    assert torch.allclose(changed, torch.tensor([-most, -most / 2, most / 2, most]), atol=0.5)


def test_larger_pictures_give_the_side_that_is_asked_for_and_sharper_crops():
    stripes = (torch.arange(64) % 4 // 2 * 255.0).expand(4, 3, 64, 64)
    small = torch.nn.functional.interpolate(stripes, 32, mode="bilinear", antialias=True)
    numbers = draw_numbers(0, 0, range(4))
    sharp = augment(stripes, numbers, "standard", horizontal_flip=False, side=32)
    assert sharp.shape == (4, 3, 32, 32)
    assert sharp.std() > 1.2 * augment(small, numbers, "standard", horizontal_flip=False).std()
    assert augment(stripes, numbers, "none", horizontal_flip=False, side=32).shape == (4, 3, 32, 32)


def first_version(pixels, numbers, policy):
    """What `light` and `standard` did in the first version, with flips; existing results rest on it."""
    lowest, highest, most_aspect, degrees, most_shift, light, contrast = policy
    view_draw, aspect_draw, turn_draw, x_draw, y_draw, flip_draw = numbers[:, :6].T
    view = lowest + (highest - lowest) * view_draw
    ratio = np.exp(np.log(most_aspect) / 2 * (2 * aspect_draw - 1))
    turn = np.deg2rad(degrees) * (2 * turn_draw - 1)
    mirror = np.where(flip_draw < 0.5, -1.0, 1.0)
    width, height = np.minimum(view * ratio, highest), np.minimum(view / ratio, highest)
    x = (2 * x_draw - 1) * (np.maximum(1 - width, 0) + most_shift)
    y = (2 * y_draw - 1) * (np.maximum(1 - height, 0) + most_shift)
    rows = [
        [mirror * width * np.cos(turn), -height * np.sin(turn), x],
        [mirror * width * np.sin(turn), height * np.cos(turn), y],
    ]
    maps = torch.from_numpy(np.moveaxis(np.array(rows), -1, 0)).float()
    grid = torch.nn.functional.affine_grid(maps, pixels.shape, align_corners=False)
    pixels = torch.nn.functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    if not light:
        return pixels
    draws = torch.from_numpy(2 * numbers[:, 6:8] - 1).float()[:, :, None, None, None]
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return ((pixels - mean) * (1 + contrast * draws[:, 0]) + mean + 255 * light * draws[:, 1]).clamp(0, 255)


@pytest.mark.parametrize(
    ("name", "policy"),
    [("light", (0.9, 1.1, 1.1, 10, 0.05, 0, 0)), ("standard", (0.6, 1.0, 1.25, 15, 0.0, 0.15, 0.25))],
)
def test_light_and_standard_give_to_the_bit_what_they_gave_in_the_first_version(pixels, name, policy):
    assert draw_numbers(0, 0, [0])[0, :2].tolist() == pytest.approx([0.6369616873214543, 0.2697867137638703], abs=0)
    for epoch in range(5):
        old = np.stack([np.random.default_rng((7, epoch, index)).random(8) for index in range(4)])
        new = augment(pixels, draw_numbers(7, epoch, range(4)), name, horizontal_flip=True)
        assert torch.equal(new, first_version(pixels, old, policy))


def test_the_order_of_a_batch_makes_no_difference(pixels):
    everything = Policy(
        rotation=30, shear=0.2, saturation=0.4, hue=0.1, blur=2, noise=0.1, erasing=0.5, vertical_flip=True
    )
    for policy in (everything, *POLICIES.values()):
        whole = augment(pixels, draw_numbers(1, 2, [4, 5, 6, 7]), policy)
        part = augment(pixels[:2], draw_numbers(1, 2, [7, 5]), policy)
        assert torch.allclose(part, whole[[3, 1]], atol=1e-3)


def test_pictures_that_come_in_stay_as_they_are_and_may_be_bytes(pixels):
    given = pixels.to(torch.uint8)
    for policy in POLICIES:
        kept = given.clone()
        from_bytes = augment(given, draw_numbers(0, 0, range(4)), policy)
        assert from_bytes.dtype == torch.float32
        floats = given.float()
        assert torch.equal(from_bytes, augment(floats, draw_numbers(0, 0, range(4)), policy))
        assert torch.equal(given, kept)
        assert torch.equal(floats, kept.float())


def only(column, values):
    """Numbers in the middle of every range but one."""
    numbers = middle_draws(len(values))
    numbers[:, column] = values
    return numbers


def test_a_turn_by_a_quarter_takes_the_marked_corner_along():
    marked = torch.zeros(2, 3, 32, 32)
    marked[:, :, :8, :8] = 255
    turned = augment(marked, only(augmentation.TURN, [0, 1 - 1e-12]), Policy(rotation=90))
    assert torch.allclose(turned[0], marked[0].rot90(-1, (1, 2)), atol=0.1)
    assert torch.allclose(turned[1], marked[1].rot90(1, (1, 2)), atol=0.1)


def test_shear_pushes_opposite_edges_apart(pixels):
    stripe = torch.zeros(1, 3, 40, 40)
    stripe[..., 18:22] = 255
    slanted = augment(stripe, only(augmentation.SHEAR_X, [1 - 1e-12]), Policy(shear=0.5))[0, 0]
    middles = slanted.argmax(dim=1).float()
    assert abs(middles[0] - middles[-1]) == pytest.approx(0.5 * 40, abs=3)


def test_zoom_keeps_the_middle_and_changes_the_size():
    preprocessed = torch.zeros(2, 3, 40, 40)
    preprocessed[..., 15:25, 15:25] = 255
    zoomed = augment(preprocessed, only(augmentation.ZOOM, [0, 1 - 1e-12]), Policy(zoom=0.5))
    assert zoomed[:, 0].sum(dim=(1, 2)) / 255 == pytest.approx([400, 44], rel=0.1)
    assert torch.allclose(zoomed, zoomed.flip(-1).flip(-2), atol=0.1)


def test_shift_is_a_share_of_the_side():
    preprocessed = torch.zeros(1, 3, 40, 40)
    preprocessed[..., 18:22, 18:22] = 255
    shifted = augment(preprocessed, only(augmentation.SHIFT_X, [0]), Policy(shift=0.25))
    assert torch.allclose(shifted, preprocessed.roll(10, -1), atol=0.1)


def test_vertical_flips_turn_half_of_the_pictures_upside_down(pixels):
    flipped = augment(pixels, only(augmentation.VERTICAL_FLIP, [0.1, 0.9, 0.49, 0.51]), Policy(vertical_flip=True))
    upside_down = pixels.flip(-2)
    for index, expected in enumerate((upside_down, pixels, upside_down, pixels)):
        assert torch.allclose(flipped[index], expected, atol=0.01)
    assert 900 < (draw_numbers(0, 0, range(2000))[:, augmentation.VERTICAL_FLIP] < 0.5).sum() < 1100


def test_every_parameter_of_the_recipe_reaches_the_policy_or_the_mixing():
    section = Recipe().augmentation
    sizes = {"image_size", "first_image_size"}
    names = {*type(section).model_fields} - sizes - {"policy", "mixup", "cutmix", "mix_probability"}
    assert names == {*Policy.__dataclass_fields__} - {"automatic"}
