"""The preprocessing without torch gives the numbers of the model's image processor."""

import json

import numpy as np
import pytest
from PIL import Image
from transformers import ViTImageProcessor

from tests.factories import IMAGENET, SIDE, fault_of
from vitrine.data.images.decoding import PLAIN, Rendering, open_image
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.images.resizing import MOST_OBLONG
from vitrine.models.folder import build_processor
from vitrine.predict.preprocessing import ArrayPreprocessing, read_rendering
from vitrine.predict.runtimes.pytorch import TorchPreprocessing

STEPS = ("contrast", "autocontrast", "equalize", "crop_centre", "crop_content", "mirror_horizontal", "mirror_vertical")
PREPARATIONS = {
    "squash": Preparation(),
    "crop": Preparation(resize="crop"),
    "letterbox on grey": Preparation(resize="letterbox", fill_color="grey"),
    "crop on black": Preparation(resize="crop", fill_color="black"),
    "every step": Preparation(steps=STEPS, resize="letterbox", contrast_factor=0.6, center_share=0.5),
}


def both(preparation):
    processor = TorchPreprocessing(build_processor(SIDE, IMAGENET, preparation))
    return ArrayPreprocessing.read(json.loads(json.dumps(dict(processor.settings)))), processor


@pytest.mark.parametrize("name", PREPARATIONS)
def test_the_numbers_are_equal_to_the_bit(name, awkward_pictures):
    ours, theirs = both(PREPARATIONS[name])
    for path in sorted(awkward_pictures.iterdir()):
        if path.name != "huge.jpg":
            image = open_image(path, rendering=read_rendering(ours.settings))
            np.testing.assert_array_equal(ours([image]), theirs([image]), path.name)


def test_whitened_numbers_are_alike(awkward_pictures):
    ours, theirs = both(Preparation(steps=("whiten",), resize="crop"))
    images = [open_image(awkward_pictures / name) for name in ("rgba.png", "one_bit.png", "exif_6.jpg")]
    images.append(Image.new("RGB", (9, 9), "red"))
    np.testing.assert_allclose(ours(images), theirs(images), atol=2e-6)
    assert ours([Image.new("RGB", (9, 9), (7, 7, 7))]).any() == False  # noqa: E712 (numpy's own truth)


@pytest.mark.parametrize("steps", [(), ("whiten",)])
def test_preprocessed_images_are_only_normalized(steps):
    ours, theirs = both(Preparation(steps=steps))
    images = [Image.effect_noise((SIDE, SIDE), 90).convert("RGB") for _ in range(2)]
    np.testing.assert_allclose(ours(images, True), theirs(images, True), atol=2e-6 if steps else 0)
    assert ours(images, True).shape == (2, 3, SIDE, SIDE)


@pytest.mark.parametrize("long", [5, 9000])
def test_a_vit_processor_may_make_the_shorter_side_fit(long):
    processor = ViTImageProcessor(size={"shortest_edge": SIDE})
    pixels = TorchPreprocessing(processor)([Image.new("RGB", (2, 2 * long))])
    assert pixels.shape == (1, 3, SIDE * min(long, MOST_OBLONG), SIDE)


def test_an_extremely_long_picture_is_cut_as_torch_has_it():
    ours, theirs = both(Preparation(resize="crop"))
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1, 9000, 3)).astype(np.uint8))
    np.testing.assert_array_equal(ours([image]), theirs([image]))


PLAIN_VIT = {
    "image_processor_type": "ViTImageProcessor",
    "resample": 3,
    "size": {"height": 8, "width": 8},
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"resample": 2},
        {"do_normalize": False},
        {"rescale_factor": 1 / 127.5},
        {"rescale_factor": None},
        {"do_center_crop": True, "crop_size": {"height": 6, "width": 6}},
        {"do_pad": True, "pad_size": {"height": 9, "width": 9}},
        {"image_mean": 0.5},
        {"size": {"height": 8, "width": 9}},
        {"image_processor_type": "ConvNextImageProcessor"},
    ],
    ids=str,
)
def test_what_it_does_not_say_exactly_is_left_to_transformers(changes):
    assert ArrayPreprocessing.read(PLAIN_VIT) is not None
    assert ArrayPreprocessing.read(PLAIN_VIT | changes) is None


@pytest.mark.parametrize(
    "changes", [{"do_center_crop": False}, {"size": {"shortest_edge": 8, "longest_edge": 9}}], ids=str
)
def test_crops_that_it_does_not_make_are_left_to_transformers(changes):
    crop = {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 8}}
    crop = PLAIN_VIT | crop | {"crop_size": {"height": 8, "width": 8}}
    assert ArrayPreprocessing.read(crop) is not None
    assert ArrayPreprocessing.read(crop | changes) is None


def test_settings_of_a_later_version_are_refused():
    settings = {
        "image_processor_type": "VitrineImageProcessor",
        "size": {"height": 8, "width": 8},
        "steps": ["sharpen"],
    }
    message = fault_of(ArrayPreprocessing.read, settings | {"resize_mode": "squash"})
    assert "does not know ('sharpen')" in message
    message = fault_of(ArrayPreprocessing.read, settings | {"steps": [], "resize_mode": "stretched"})
    assert "does not know ('stretched')" in message


def test_colors_are_read_by_old_and_new_names():
    assert read_rendering({"ground": "grey"}) == Rendering("grey")
    assert read_rendering({"fill_color": "black", "color_profiles": "apply"}) == Rendering("black", "apply")
    assert read_rendering({}) == PLAIN
