"""The looks that can be checked without looking."""

import re

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


def test_words_that_the_style_writes_are_there_in_french_too():
    written = re.compile(
        r"^#picture(?P<french>:lang\(fr\))? (?P<button>\[.+\])::after { content: (?P<word>.+); }", re.M
    )
    words = {True: {}, False: {}}
    for found in written.finditer(STYLE.read_text("utf-8")):
        words[bool(found["french"])][found["button"]] = found["word"]
    assert words[True].keys() == words[False].keys()
    assert len(words[True]) >= 3
    assert all(words[True][button] != word for button, word in words[False].items())


def test_page_and_report_have_the_same_colors():
    assert LIGHT.training == BLUE.c500
    assert (LIGHT.page, LIGHT.line, LIGHT.muted) == (STONE.c100, STONE.c300, STONE.c600)
    assert (DARK.page, DARK.surface, DARK.line) == (STONE.c950, STONE.c900, STONE.c700)
    assert LIGHT.right in STYLE.read_text("utf-8")
    assert DARK.wrong in STYLE.read_text("utf-8")


def color_of(name, theme):
    """The color behind a setting of the theme, through its references to others."""
    value = getattr(theme, name)
    while value.startswith("*"):
        value = getattr(theme, value[1:])
    return {"white": "#ffffff"}.get(value, value)


def luminance(color):
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", ["", "_dark"])
@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("body_text_color", "body_background_fill"),
        ("body_text_color_subdued", "body_background_fill"),
        ("block_title_text_color", "block_background_fill"),
        ("block_label_text_color", "block_label_background_fill"),
        ("link_text_color", "body_background_fill"),
    ],
)
def test_every_text_stands_out_from_what_is_behind_it(text, behind, mode):
    theme = build_theme()
    lighter, darker = sorted((luminance(color_of(name + mode, theme)) for name in (text, behind)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, level AA
