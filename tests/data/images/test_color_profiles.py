"""Colours by the profile of a file: converted to sRGB as browsers do, or taken as they stand."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.icc import cmyk_profile, gray_profile, rgb_profile
from vitrine.data.images.color_profiles import apply_profile
from vitrine.data.images.decoding import Rendering, open_image

ORANGE = (200, 100, 50)
# By the definition of Display P3: decoded, by its matrix to XYZ, by that of sRGB back, encoded, cut to 0..255.
ORANGE_OF_P3 = (216, 93, 24)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def tagged(mode, profile, color=ORANGE):
    image = Image.new("RGB", (4, 3), color).convert(mode)
    image.info["icc_profile"] = profile
    return image


def srgb_of_p3(color, gamma):
    """Display P3 with another exponent to sRGB, by the published matrices."""
    linear = (np.array(color) / 255) ** gamma
    to_srgb = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]])
    out = np.clip(to_srgb @ linear, 0, 1)
    return np.where(out <= 0.0031308, out * 12.92, 1.055 * out ** (1 / 2.4) - 0.055) * 255


@pytest.mark.parametrize("color", [ORANGE, (30, 200, 90), (128, 128, 128), (10, 10, 250), (255, 255, 255)])
def test_colors_of_a_screen_profile_are_converted_by_the_published_matrices(color):
    converted = apply_profile(tagged("RGB", rgb_profile(), color))
    np.testing.assert_allclose(converted.getpixel((0, 0)), srgb_of_p3(color, 2.2), atol=1.6)
    assert "icc_profile" not in converted.info


def test_gray_levels_follow_the_profile_of_their_scanner():
    levels = apply_profile(tagged("L", gray_profile(1.8), (100,) * 3)).getpixel((0, 0))
    linear = (100 / 255) ** 1.8
    assert levels == pytest.approx([255 * (1.055 * linear ** (1 / 2.4) - 0.055)] * 3, abs=1)


def test_sixteen_bits_are_scaled_before_their_profile():
    image = Image.fromarray(np.full((3, 3), 100 * 257, np.uint16))
    image.info["icc_profile"] = gray_profile(1.8)
    assert apply_profile(image).getpixel((0, 0)) == apply_profile(tagged("L", gray_profile(1.8), (100,) * 3)).getpixel(
        (0, 0)
    )


def test_inks_are_converted_by_the_profile_of_their_press():
    paper = Image.new("CMYK", (2, 2), (0, 0, 0, 0))
    magenta = Image.new("CMYK", (2, 2), (0, 255, 0, 0))
    for image in (paper, magenta):
        image.info["icc_profile"] = cmyk_profile()
    assert apply_profile(paper).getpixel((0, 0)) == pytest.approx((255, 255, 255), abs=2)
    # L* 60, a* 60, b* 0 is a pale magenta; without the profile it is (255, 0, 255).
    red, green, blue = apply_profile(magenta).getpixel((0, 0))
    assert (red > 190, 60 < green < 110, 110 < blue < 170) == (True, True, True)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_stays(mode):
    image = Image.new("RGBA", (2, 1), (*ORANGE, 255))
    image.putpixel((1, 0), (*ORANGE, 0))
    image = image.convert(mode) if mode != "P" else image.quantize(4)
    image.info["icc_profile"] = rgb_profile()
    converted = apply_profile(image)
    assert [converted.getpixel((x, 0))[3] for x in (0, 1)] == [255, 0]


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", None),
        ("RGB", SRGB),
        ("RGB", SRGB[:200]),
        ("RGB", b"no profile"),
        ("RGB", gray_profile(1.8)),
        ("RGB", cmyk_profile()),
        ("CMYK", rgb_profile()),
        ("RGB", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()),
        ("L", SRGB),
        ("CMYK", SRGB),
    ],
)
def test_profiles_that_say_nothing_of_these_colors_change_nothing(mode, profile):
    image = tagged(mode, profile)
    assert apply_profile(image) is image


def test_threads_share_a_conversion():
    pictures = [tagged("RGB", rgb_profile(), (level, 100, 255 - level)) for level in range(200)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(apply_profile, pictures))
    assert [image.getpixel((0, 0)) for image in together] == [apply_profile(one).getpixel((0, 0)) for one in pictures]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WebP"])
def test_files_are_opened_in_the_colors_that_they_say(kind, tmp_path):
    Image.new("RGB", (16, 16), ORANGE).save(tmp_path / "p3", kind, icc_profile=rgb_profile(), lossless=True)
    as_they_stand = open_image(tmp_path / "p3")
    converted = open_image(tmp_path / "p3", rendering=Rendering(color_profiles="apply"))
    assert as_they_stand.getpixel((8, 8)) == pytest.approx(ORANGE, abs=2)
    assert converted.getpixel((8, 8)) == pytest.approx(ORANGE_OF_P3, abs=3)


def test_a_converted_picture_is_not_converted_again():
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), ORANGE).save(stream, "PNG", icc_profile=rgb_profile())
    opened = open_image(stream, rendering=Rendering(color_profiles="apply"))
    again = io.BytesIO()
    opened.save(again, "PNG")
    assert open_image(again, rendering=Rendering(color_profiles="apply")).tobytes() == opened.tobytes()
