"""Laying one thumbnail over another: what is found of zoom, shift and brightness, and what remains."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.data.pictures import photograph
from vitrine.data.checks.alignment import align, interpolate, to_colors
from vitrine.data.checks.fingerprints import fingerprint


def colors_of(*pictures, mirror=None):
    return to_colors(np.stack([fingerprint(picture).thumbnail for picture in pictures]), mirror)


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (200, 40, 90), (10, 180, 30)])
def test_a_thumbnail_becomes_the_colors_that_it_was_made_of(color):
    pixels = colors_of(Image.new("RGB", (50, 40), color))
    assert pixels.shape == (1, 3, 32, 32)
    for channel in range(3):
        assert pixels[0, channel] == pytest.approx(color[channel], abs=3)


def test_the_chosen_pictures_alone_are_mirrored():
    picture = photograph(1)
    plain = colors_of(picture, picture)
    mirrored = colors_of(picture, picture, mirror=np.array([False, True]))
    assert np.array_equal(mirrored[0], plain[0])
    assert np.array_equal(mirrored[1], plain[1, :, :, ::-1])


def test_a_picture_lies_on_itself_without_any_change():
    pictures = colors_of(photograph(1), photograph(2))
    found = align(pictures, pictures)
    assert found.difference == pytest.approx(0, abs=0.05)
    for moved in (found.zoom, found.shift, found.gain - 1, found.bias / 255):
        assert moved == pytest.approx(0, abs=0.02)


def test_a_factor_of_the_brightness_is_found_whichever_picture_is_given_first():
    dark = colors_of(photograph(1)) * np.float32(0.5)
    light = dark * np.float32(1.25)
    for one, other in ((dark, light), (light, dark)):
        found = align(one, other)
        assert found.difference[0] < 0.5
        assert found.gain[0] == pytest.approx(1.25, abs=0.05)
        assert found.zoom[0] < 0.02


def test_a_crop_is_found_as_a_zoom():
    picture = photograph(3, (200, 200))
    found = align(colors_of(picture), colors_of(picture.crop((10, 10, 190, 190))))
    assert found.difference[0] <= 1
    assert found.zoom[0] == pytest.approx(0.1, abs=0.03)
    assert found.shift[0] == pytest.approx(0, abs=0.02)


def test_other_pictures_and_other_colors_remain_different():
    picture = photograph(1)
    gray = ImageEnhance.Color(picture).enhance(0)
    found = align(colors_of(picture, picture), colors_of(photograph(2), gray))
    assert found.difference.shape == (2,)
    assert (found.difference > 1).all()


def test_rows_of_pixels_are_zoomed_and_shifted_with_the_last_pixel_going_on():
    row = np.array([10.0, 20.0, 30.0, 40.0], np.float32)
    plain, shifted, doubled = interpolate(np.array([[1.0, 0.0], [1.0, 0.5], [2.0, 0.0]]), 4)
    assert plain @ row == pytest.approx(row)
    assert shifted @ row == pytest.approx([20, 30, 40, 40])
    # Of twice the width, the pixels lie at -1.5, 0.5, 2.5 and 4.5.
    assert doubled @ row == pytest.approx([10, 15, 35, 40])
