"""Each preparation step on pictures as they should be, and on odd ones."""

from typing import get_args

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.conftest import draw_scene
from vitrine.config.data import PreparationSection, Step
from vitrine.config.loading import load_recipe
from vitrine.data.images.decoding import open_image
from vitrine.data.images.resizing import FILL_COLORS, RESIZES, FillColor, Resize
from vitrine.data.images.steps import STEPS, apply_steps
from vitrine.errors import UserError

ODD = {
    "one pixel": Image.new("RGB", (1, 1), "red"),
    "one pixel wide": draw_scene().resize((1, 90)),
    "one pixel high": draw_scene().resize((700, 1)),
    "white": Image.new("RGB", (30, 20), "white"),
    "black": Image.new("RGB", (30, 20), "black"),
    "one colour": Image.new("RGB", (300, 200), (200, 30, 90)),
    "two pixels": Image.fromarray(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)),
}


def step(picture, name, contrast_factor=1.5, center_share=0.8):
    return apply_steps(picture, (name,), contrast_factor, center_share)


def gray(*levels):
    return Image.fromarray(np.repeat(np.array([levels], np.uint8)[:, :, None], 3, axis=2))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("kind", ODD)
def test_no_step_fails_on_an_odd_picture_or_empties_it(name, kind):
    result = step(ODD[kind], name)
    assert result.mode == "RGB"
    assert min(result.size) >= 1


@pytest.mark.parametrize("name", ["contrast", "autocontrast", "crop_content", "mirror_horizontal", "mirror_vertical"])
@pytest.mark.parametrize("kind", ["one pixel", "white", "black"])
def test_a_picture_of_one_color_stays_as_it_is(name, kind):
    assert np.abs(np.asarray(step(ODD[kind], name)).astype(int) - np.asarray(ODD[kind])).max() <= 40
    assert step(ODD[kind], name).size == ODD[kind].size


def test_grayscale_takes_every_color_away_and_keeps_its_brightness():
    levels = np.asarray(step(draw_scene(), "grayscale"))
    assert (levels == levels[..., :1]).all()
    assert (levels[..., 0] == np.asarray(draw_scene().convert("L"))).all()


def test_denoise_removes_a_speck_and_keeps_an_edge():
    picture = np.zeros((9, 12, 3), np.uint8)
    picture[:, 6:] = 200
    speckled = picture.copy()
    speckled[4, 2] = speckled[2, 9] = (255, 0, 90)
    assert (np.asarray(step(Image.fromarray(speckled), "denoise")) == picture).all()


@pytest.mark.parametrize("kind", ["white", "black", "one colour"])
def test_equalizing_one_color_keeps_it(kind):
    difference = np.asarray(step(ODD[kind], "equalize")).astype(int) - np.asarray(ODD[kind])
    assert np.abs(difference).max() <= 2  # rounding between colour spaces


def test_steps_never_change_their_input(awkward_pictures):
    picture = open_image(awkward_pictures / "exif_1.jpg")
    before = np.asarray(picture).copy()
    apply_steps(picture, STEPS, 1.5, 0.8)
    assert np.array_equal(picture, before)


def test_all_steps_in_a_row_work_on_every_awkward_picture(awkward_pictures):
    for path in awkward_pictures.iterdir():
        if path.name != "huge.jpg":
            result = apply_steps(open_image(path), STEPS, 1.5, 0.8)
            assert result.mode == "RGB"
            assert min(result.size) >= 1, path.name


def test_contrast_moves_levels_away_from_the_mean():
    picture = gray(100, 150)  # mean 125
    assert np.asarray(step(picture, "contrast", contrast_factor=2))[0, :, 0].tolist() == [75, 175]
    assert np.array_equal(step(picture, "contrast", contrast_factor=1), picture)


def test_autocontrast_reaches_black_and_white():
    assert np.asarray(step(gray(100, 125, 150), "autocontrast"))[0, :, 0].tolist() == [0, 127, 255]


def test_autocontrast_keeps_the_hue():
    pixels = np.array([[[100, 50, 50], [140, 70, 70]]], np.uint8)  # each colour alone would end at 0 and 255
    red, green, blue = np.asarray(step(Image.fromarray(pixels), "autocontrast"))[0, 1].astype(int)
    assert green == blue
    assert red > green


def test_equalizing_spreads_the_brightness_evenly():
    dark = Image.fromarray(np.random.default_rng(0).integers(10, 40, (64, 64), dtype=np.uint8)).convert("RGB")
    levels = np.asarray(step(dark, "equalize"))[:, :, 0]
    assert np.percentile(levels, [10, 50, 90]) == pytest.approx([25, 128, 230], abs=16)


@pytest.mark.parametrize(("share", "size"), [(0.5, (30, 20)), (1.0, (60, 40)), (0.01, (1, 1)), (0.34, (20, 14))])
def test_the_center_keeps_its_share_of_each_side(share, size):
    assert step(draw_scene(), "crop_centre", center_share=share).size == size


def test_the_center_is_in_the_middle():
    picture = Image.new("RGB", (11, 11))
    picture.putpixel((5, 5), (255, 0, 0))
    assert step(picture, "crop_centre", center_share=0.1).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("paper", [(255, 255, 255), (0, 0, 0), (20, 120, 60)])
def test_content_is_cut_out_of_an_uneven_border(paper):
    noise = np.random.default_rng(0).integers(-7, 8, (50, 70, 1))
    picture = Image.fromarray((np.array(paper) + noise).clip(0, 255).astype(np.uint8))
    ImageDraw.Draw(picture).rectangle((10, 20, 39, 34), fill=(200, 40, 220))
    assert step(picture, "crop_content").size == (30, 15)


def test_content_in_a_corner_does_not_hide_the_border():
    picture = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 19, 9), fill="navy")
    assert step(picture, "crop_content").size == (20, 10)


def test_a_picture_without_a_border_stays_whole():
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert step(Image.fromarray(noise), "crop_content").size == (60, 40)


def test_mirroring_turns_the_named_sides_round():
    pixels = np.asarray(draw_scene())
    assert np.array_equal(step(draw_scene(), "mirror_horizontal"), pixels[:, ::-1])
    assert np.array_equal(step(draw_scene(), "mirror_vertical"), pixels[::-1])


def test_the_order_of_steps_counts():
    picture = Image.new("RGB", (40, 40), "white")
    ImageDraw.Draw(picture).rectangle((0, 18, 9, 21), fill="black")
    content_first = apply_steps(picture, ("crop_content", "crop_centre"), 1.5, 0.5)
    center_first = apply_steps(picture, ("crop_centre", "crop_content"), 1.5, 0.5)
    assert content_first.size == (5, 2)
    assert center_first.size == (20, 20)


def test_an_unknown_step_is_an_error_not_silence():
    with pytest.raises(ValueError, match="no preparation step 'sharpen'"):
        step(draw_scene(), "sharpen")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("preparation.steps=[whiten, contrast]", "'whiten' must be the last one"),
        ("preparation.steps=[whiten, whiten]", "'whiten' must be the last one"),
        ("preparation.steps=[equalise]", r"must be .*'equalize'.*did you mean equalize"),
        ("preparation.steps=contrast", r"must be a list"),
        ("preparation.center_share=0", "must be greater than 0"),
        ("preparation.resize=stretch", "must be 'squash', 'crop' or 'letterbox'"),
        ("preparation.fill_color=gray", "did you mean grey"),
    ],
)
def test_a_mistake_in_the_recipe_is_named(override, message):
    with pytest.raises(UserError, match=message):
        load_recipe(None, [override])


def test_the_recipe_offers_exactly_the_steps_that_there_are():
    assert get_args(Step) == STEPS
    recipe = load_recipe(None, [f"preparation.steps=[{', '.join(STEPS)}]"])
    assert recipe.preparation.steps == STEPS
    assert (get_args(Resize), get_args(FillColor)) == (RESIZES, tuple(FILL_COLORS))
    for name, allowed in (("resize", RESIZES), ("fill_color", FILL_COLORS)):
        assert get_args(PreparationSection.model_fields[name].annotation) == tuple(allowed)
