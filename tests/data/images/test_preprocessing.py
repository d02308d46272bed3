"""What is done to every picture, and in which order."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import draw_scene
from vitrine.config.data import PreparationSection
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.images.resizing import resize_image


def test_steps_come_before_resizing():
    preprocessed = preprocess_image(draw_scene(), 32, Preparation(steps=("mirror_vertical",), resize="letterbox"))
    expected = resize_image(draw_scene().transpose(Image.Transpose.FLIP_TOP_BOTTOM), 32, "letterbox")
    assert torch.equal(preprocessed, expected)


def test_a_preparation_is_what_the_recipe_asks_for():
    section = PreparationSection(steps=("equalize", "whiten"), center_share=0.5, resize="crop", fill_color="black")
    assert Preparation.from_section(section) == Preparation(("equalize", "whiten"), 1.5, 0.5, "crop", "black", "apply")
    assert Preparation.from_section(PreparationSection(color_profiles="ignore")) == Preparation()


@pytest.mark.parametrize(
    ("preparation", "whitens", "keeps_the_view", "image_steps"),
    [
        (Preparation(), False, True, ()),
        (Preparation(("whiten",)), True, True, ()),
        (Preparation(("equalize", "whiten")), True, False, ("equalize",)),
        (Preparation(resize="crop"), False, False, ()),
    ],
)
def test_whitening_changes_no_picture_and_only_a_squashed_one_shows_all_of_its_original(
    preparation, whitens, keeps_the_view, image_steps
):
    assert preparation.whitens is whitens
    assert preparation.keeps_the_view is keeps_the_view
    assert preparation.image_steps == image_steps


def test_the_result_is_whole_numbers_channels_first_and_whitening_is_left_for_later():
    plain, whitened = (preprocess_image(draw_scene(), 24, Preparation(steps)) for steps in ((), ("whiten",)))
    assert (plain.shape, plain.dtype) == ((3, 24, 24), torch.uint8)
    assert torch.equal(plain, whitened)


def test_the_channels_are_red_green_and_blue():
    pixels = preprocess_image(Image.new("RGB", (9, 5), (10, 200, 30)), 8, Preparation())
    assert np.array_equal(pixels.flatten(1).unique(dim=1).squeeze(1).numpy(), [10, 200, 30])
