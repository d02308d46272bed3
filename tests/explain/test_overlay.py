"""A map over its picture."""

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from vitrine.explain.overlay import LONGEST, levels_of, overlay, what_the_map_is_about

PLAIN = {"image_processor_type": "ViTImageProcessor", "image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def test_what_speaks_for_a_class_is_colored_and_the_rest_is_gray():
    importance = np.zeros((10, 10), np.float32)
    importance[:, 5:] = 1
    shown = np.asarray(overlay(draw_scene(), importance), int)
    left, right = shown[20, 5], shown[20, 55]
    assert np.ptp(left) <= 1
    assert right[0] > right[2] + 60
    assert shown.shape == (40, 60, 3)


def test_large_pictures_come_back_small():
    assert overlay(Image.new("RGB", (3000, 1000)), np.ones((7, 7), np.float32)).size == (LONGEST, 213)


def test_where_the_network_sees_all_the_map_is_about_the_picture_itself():
    picture = draw_scene()
    assert what_the_map_is_about(picture, np.zeros((3, 8, 8), np.float32), PLAIN) is picture


def test_of_a_part_of_the_picture_what_the_network_sees_is_shown():
    levels = np.arange(3 * 8 * 8).reshape(3, 8, 8).astype(np.uint8)
    pixels = (levels / 255 - 0.5).astype(np.float32) / 0.5
    cropped = what_the_map_is_about(draw_scene(), pixels, PLAIN | {"image_processor_type": "BitImageProcessor"})
    assert np.array_equal(np.asarray(cropped), levels.transpose(1, 2, 0))
    own = {"image_processor_type": "VitrineImageProcessor", "resize_mode": "squash", "steps": ["crop_centre", "whiten"]}
    assert np.asarray(what_the_map_is_about(draw_scene(), pixels, own)).max() == 255


def test_levels_are_told_by_settings_of_timms_processor_and_by_those_that_tell_nothing():
    levels = np.arange(3 * 8 * 8).reshape(3, 8, 8).astype(np.uint8)
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    pixels = ((levels / 255 - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))).astype(np.float32)
    timms = {"image_processor_type": "TimmWrapperImageProcessor", "data_config": {"mean": mean, "std": std}}
    assert np.array_equal(levels_of(pixels, timms), levels.transpose(1, 2, 0))
    untold = levels_of(pixels, {"image_processor_type": "Other"})
    assert (untold.min(), untold.max()) == (0, 255)


@pytest.mark.parametrize(
    "others",
    [
        {"image_processor_type": "ConvNextImageProcessor", "crop_pct": 0.875},
        {"image_processor_type": "DeiTImageProcessor", "do_center_crop": True},
        {"do_center_crop": True},
    ],
)
def test_of_others_processors_that_may_crop_what_the_network_sees_is_shown(others):
    seen = what_the_map_is_about(draw_scene(), np.zeros((3, 8, 8), np.float32), PLAIN | others)
    assert (seen.size, seen.getpixel((0, 0))) == ((8, 8), (128, 128, 128))
