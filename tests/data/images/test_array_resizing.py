"""The resizing without torch, to the bit."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional

from vitrine.data.images import array_resizing
from vitrine.data.images.array_resizing import scale_array

SIZES = [
    (400, 300, 224, 224),
    (30, 20, 224, 224),
    (224, 301, 224, 224),
    (3, 700, 96, 64),
    (1, 1, 5, 7),
    (5000, 9, 32, 3),
]


def scale_by_torch(image, height, width):
    bicubic = functional.InterpolationMode.BICUBIC
    return functional.resize(functional.pil_to_tensor(image), [height, width], bicubic, antialias=True).numpy()


@pytest.mark.parametrize("levels", [256, 2], ids=["noise", "black and white"])
@pytest.mark.parametrize(("width", "height", "to_width", "to_height"), SIZES)
def test_every_level_is_that_of_torch(width, height, to_width, to_height, levels):
    noise = np.random.default_rng(0).integers(0, levels, (height, width, 3))
    image = Image.fromarray((noise * (255 // (levels - 1))).astype(np.uint8))
    found = scale_array(image, to_height, to_width)
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, scale_by_torch(image, to_height, to_width))


def test_many_odd_sizes_are_those_of_torch():
    generator = np.random.default_rng(1)
    for width, height, to_width, to_height in generator.integers(1, 160, (60, 4)).tolist():
        image = Image.fromarray(generator.integers(0, 256, (height, width, 3)).astype(np.uint8))
        np.testing.assert_array_equal(
            scale_array(image, to_height, to_width), scale_by_torch(image, to_height, to_width), f"{width} x {height}"
        )


def test_a_picture_in_many_parts_is_the_same(monkeypatch):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (90, 70, 3)).astype(np.uint8))
    whole = scale_array(image, 40, 40)
    monkeypatch.setattr(array_resizing, "IN_CACHE", 1)
    np.testing.assert_array_equal(scale_array(image, 40, 40), whole)


def test_one_color_stays_what_it_is():
    assert (scale_array(Image.new("RGB", (37, 53), (255, 1, 0)), 20, 20) == np.reshape((255, 1, 0), (3, 1, 1))).all()


def test_a_size_that_fits_is_not_touched():
    levels = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    np.testing.assert_array_equal(scale_array(Image.fromarray(levels), 8, 9), levels.transpose(2, 0, 1))


def test_torch_itself_is_asked_the_way_the_product_asks_it():
    """Torch has this arithmetic where the processor has AVX2; elsewhere it computes with floating point."""
    if "AVX" not in torch.backends.cpu.get_cpu_capability():
        pytest.skip("this processor has no AVX2")
    from vitrine.data.images.resizing import resize_array, resize_image

    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (50, 130, 3)).astype(np.uint8))
    for resize in ("squash", "crop", "letterbox"):
        np.testing.assert_array_equal(
            resize_array(image, 48, scale_array, resize, "grey"), resize_image(image, 48, resize, "grey").numpy()
        )
