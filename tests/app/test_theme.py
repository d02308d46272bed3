"""The looks that can be checked without looking."""

import pytest
from fontTools.ttLib import TTFont
from gradio.themes.utils.fonts import LocalFont, font_file_path

from vitrine.app.theme import BLUE, STONE, STYLE, build_theme
from vitrine.ui.palette import DARK, LIGHT


def fonts():
    theme = build_theme()
    return [font for font in (*theme._font, *theme._font_mono) if isinstance(font, LocalFont)]


@pytest.mark.parametrize("font", fonts(), ids=str)
def test_every_font_file_that_the_page_asks_for_holds_the_latin_letters(font):
    for weight in font.weights:
        letters = TTFont(font_file_path(font.name, weight)).getBestCmap()
        assert [letter for letter in "AZaz09%<>äéñß" if ord(letter) not in letters] == []


def test_nothing_on_the_page_comes_from_elsewhere():
    assert all(font.stylesheet()["url"] is None for font in fonts())
    assert "http" not in STYLE.read_text("utf-8")


def test_page_and_report_have_the_same_colors():
    assert LIGHT.training == BLUE.c500
    assert (LIGHT.page, LIGHT.line, LIGHT.muted) == (STONE.c100, STONE.c300, STONE.c600)
    assert (DARK.page, DARK.surface, DARK.line) == (STONE.c950, STONE.c900, STONE.c700)
    assert LIGHT.right in STYLE.read_text("utf-8")
    assert DARK.wrong in STYLE.read_text("utf-8")
