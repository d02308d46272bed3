"""How every figure becomes a file."""

import base64

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.factories import fault_of
from vitrine.ui.figures import (
    LEAST_PIXELS_PER_INCH,
    MOST_PIXELS_PER_INCH,
    PNG_DOTS_PER_INCH,
    check_figure_file,
    inline_figure,
    save_figure,
    save_png,
    shorten,
    style,
    to_svg,
)
from vitrine.ui.palette import DARK, LIGHT


def draw(theme=LIGHT):
    with style(theme):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([0, 1], [0, 1], label="犬 $5")
        figure.legend()
    return figure


def test_png_has_the_size_of_its_figure_and_leaves_nothing_else(tmp_path):
    save_png(draw(), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (2 * PNG_DOTS_PER_INCH, PNG_DOTS_PER_INCH)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_drawing_replaces_an_older_one_and_no_photograph(tmp_path):
    for name in ("a.png", "a.svg"):
        save_figure(draw(), tmp_path / name)
        check_figure_file("--curves", tmp_path / name)
    Image.new("RGB", (9, 9)).save(tmp_path / "photo.png")
    assert "is no drawing of Vitrine" in fault_of(check_figure_file, "--curves", tmp_path / "photo.png")


def test_figures_leave_the_settings_of_matplotlib_alone():
    before = dict(mpl.rcParams)
    to_svg(draw(DARK))
    assert dict(mpl.rcParams) == before


def test_equal_figures_are_equal_files():
    assert to_svg(draw()) == to_svg(draw())


def test_letters_stay_text_in_an_svg():
    assert "犬 $5" in to_svg(draw()).decode()


def test_an_inline_figure_has_both_themes_and_the_sizes_at_which_it_can_be_read():
    figure = inline_figure(draw)
    light, dark = (base64.b64decode(address.partition(",")[2]).decode() for address in (figure.light, figure.dark))
    assert LIGHT.surface in light
    assert DARK.surface in dark
    assert (figure.least_width, figure.width, figure.height) == (
        2 * LEAST_PIXELS_PER_INCH,
        2 * MOST_PIXELS_PER_INCH,
        MOST_PIXELS_PER_INCH,
    )


@pytest.mark.parametrize(
    ("longest", "short"), [(21, "n02085936-Maltese_dog"), (11, "n0208…e_dog"), (4, "n…og"), (2, "…g")]
)
def test_long_names_lose_their_middle(longest, short):
    assert shorten("n02085936-Maltese_dog", longest) == short
