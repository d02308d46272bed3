"""Light, colours, blur, noise and covered rectangles."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import gaussian_blur

from vitrine.data.augmentation import augment as augmentation
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.color import (
    LUMINANCE,
    add_noise,
    blur,
    change_colors,
    change_light,
    color_matrices,
    erase,
)
from vitrine.data.augmentation.policies import Policy

ONE = np.ones(1)
NONE = np.zeros(1)


@pytest.fixture
def noisy():
    return torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 255


def test_color_maps_leave_gray_gray_and_keep_the_brightness(noisy):
    matrices = color_matrices(np.linspace(0, 2, 6), np.linspace(-0.5, 0.5, 6))
    assert np.allclose(matrices @ np.ones(3), 1, atol=1e-9)
    assert np.allclose(LUMINANCE @ matrices, LUMINANCE, atol=1e-9)
    gray = noisy[:, :1].expand(-1, 3, -1, -1).clone()
    changed = augment(gray, draw_numbers(0, 0, range(6)), Policy(saturation=1, hue=0.5))
    assert torch.allclose(changed, gray, atol=0.01)


def test_a_third_of_the_color_circle_moves_red_towards_another_primary():
    red = torch.tensor([200.0, 60, 60])[None, :, None, None].expand(1, 3, 4, 4)
    turned = {
        change_colors(red, ONE, NONE, ONE, np.array([turn]))[0, :, 0, 0].argmax().item() for turn in (1 / 3, -1 / 3)
    }
    assert turned == {1, 2}
    assert torch.allclose(change_colors(red, ONE, NONE, ONE, ONE), red, atol=0.01)


def test_gray_takes_the_colors_of_its_share_of_the_pictures(noisy):
    numbers = np.full((6, augmentation.DRAWS), 0.5)
    numbers[:, augmentation.GRAY] = 0, 0.29, 0.31, 0.5, 0.9, 0.1
    changed = augment(noisy, numbers, Policy(grayscale=0.3))
    spread = (changed.amax(dim=1) - changed.amin(dim=1)).amax(dim=(1, 2))
    assert (spread < 0.01).tolist() == [True, True, False, False, False, True]
    assert torch.allclose(changed[2:5], noisy[2:5], atol=0.01)


def test_colors_and_light_as_one_map_give_the_same_as_light_alone():
    mild = 60 + torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 100
    contrast, brightness = np.array([0.8, 1, 1.3]), np.array([10.0, -20, 5])
    mapped = change_colors(mild, contrast, brightness, np.ones(3), np.zeros(3))
    change_light(mild, contrast, brightness)
    assert torch.allclose(mapped, mild, atol=0.01)


def test_blur_is_the_gaussian_of_its_standard_deviation(noisy):
    blurred = noisy.clone()
    blur(blurred, [1, 4], np.array([0.7, 1.5]), 1.5)
    assert torch.equal(blurred[[0, 2, 3, 5]], noisy[[0, 2, 3, 5]])
    for place, sigma in ((1, 0.7), (4, 1.5)):
        assert torch.allclose(blurred[place], gaussian_blur(noisy[place], [11, 11], [sigma, sigma]), atol=0.01)
    differences = (blurred[..., 1:] - blurred[..., :-1]).abs().mean(dim=(1, 2, 3))
    assert differences[4] < differences[1] < 0.8 * differences[0]


def test_a_kernel_wider_than_the_picture_is_cut(noisy):
    tiny = noisy[..., :4, :4].clone()
    blur(tiny, list(range(6)), np.full(6, 10.0), 10)
    assert torch.isfinite(tiny).all()


def test_noise_has_its_deviation_and_depends_on_the_seed_alone():
    gray = torch.full((4, 3, 64, 64), 128.0)
    changed = gray.clone()
    add_noise(changed, [0, 1, 3], np.array([5.0, 10, 5]), [11, 12, 11])
    assert torch.equal(changed[2], gray[2])
    assert (changed[:2] - 128).std(dim=(1, 2, 3)).tolist() == pytest.approx([5, 10], rel=0.05)
    assert torch.equal(changed[0], changed[3])
    assert not torch.equal((changed[0] - 128) * 2, changed[1] - 128)


def test_noise_is_the_same_alone_and_in_any_batch(noisy):
    policy = Policy(noise=0.2, noise_probability=1)
    whole = augment(noisy, draw_numbers(3, 1, range(6)), policy)
    for index in range(6):
        assert torch.equal(augment(noisy[index : index + 1], draw_numbers(3, 1, [index]), policy)[0], whole[index])
    last = augment(noisy.contiguous(memory_format=torch.channels_last), draw_numbers(3, 1, range(6)), policy)
    assert torch.equal(last, whole)
    assert not torch.equal(augment(noisy, draw_numbers(3, 2, range(6)), policy), whole)


def test_erasing_covers_its_area_with_the_mean_color():
    picture = torch.zeros(3, 3, 64, 64)
    picture[:, 0, :, :32] = 255
    changed = picture.clone()
    erase(changed, [0, 2], np.array([0.1, 0.3]), np.array([[0.5, 0.5, 0.5], [0.9, 0.99, 0]]))
    covered = (changed != picture).any(dim=1)
    assert covered.float().mean(dim=(1, 2)).tolist() == pytest.approx([0.1, 0, 0.3], abs=0.02)
    assert changed[0, :, 32, 32].tolist() == pytest.approx([127.5, 0, 0])


def test_erasing_takes_its_share_of_the_pictures_and_areas_up_to_the_largest():
    ramp = torch.rand(400, 3, 32, 32, generator=torch.Generator().manual_seed(2)) * 255
    changed = augment(ramp, draw_numbers(0, 0, range(400)), Policy(erasing=0.25, erasing_area=0.2))
    areas = (changed != ramp).any(dim=1).float().mean(dim=(1, 2))
    assert 70 < (areas > 0).sum() < 130
    assert 0.17 < areas.max() < 0.23
    assert areas[areas > 0].min() > 0.01
