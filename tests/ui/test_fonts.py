"""Names whose letters the figures' fonts lack: a font of the machine, or a number that is explained."""

import shutil
import subprocess

import pytest
from matplotlib.figure import Figure

from vitrine.ui import fonts
from vitrine.ui.figures import save_png
from vitrine.ui.fonts import complete_letters, find_family


@pytest.fixture(autouse=True)
def nothing_is_known():
    find_family.cache_clear()
    yield
    find_family.cache_clear()


def figure_of(*words):
    figure = Figure()
    for place, word in enumerate(words):
        figure.text(0.1, 0.1 * place, word, family=["DejaVu Sans"])
    return figure


def texts_of(figure):
    return [text.get_text() for text in figure.texts]


def test_names_that_can_be_written_stay_without_a_look_at_the_machine(monkeypatch):
    monkeypatch.setattr(fonts, "find_family", None)
    figure = figure_of("dog é", "Пёс", "σκύλος", "✓ 97 %")
    assert complete_letters(figure) == {}
    assert texts_of(figure) == ["dog é", "Пёс", "σκύλος", "✓ 97 %"]


def test_what_no_font_can_write_gets_a_number_that_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "find_family", lambda letters: None)
    figure = figure_of("犬", "dog", "แมว", "犬")
    assert save_png(figure, tmp_path / "figure.png") == {"#1": "犬", "#2": "แมว"}
    assert texts_of(figure) == ["#1", "dog", "#2", "#1"]


def test_a_font_of_the_machine_is_added_behind_the_own_ones(monkeypatch):
    asked = []
    monkeypatch.setattr(fonts, "find_family", lambda letters: asked.append(letters) or "Some CJK")
    figure = figure_of("dog 犬猫")
    assert complete_letters(figure) == {}
    assert asked == ["犬猫"]
    assert figure.texts[0].get_fontfamily() == ["DejaVu Sans", "Some CJK"]


def test_a_name_of_two_scripts_has_two_fonts_or_a_number(monkeypatch):
    fonts_of = {"犬": "CJK", "แ": "Thai"}
    monkeypatch.setattr(fonts, "find_family", fonts_of.get)
    figure = figure_of("犬 แ", "犬 가")
    assert complete_letters(figure) == {"#1": "犬 가"}
    assert set(figure.texts[0].get_fontfamily()) == {"DejaVu Sans", "CJK", "Thai"}


def test_fontconfig_is_asked_for_fonts_with_all_letters(monkeypatch):
    asked = []

    def answer(command, **_):
        asked.append(command[1:])
        return subprocess.CompletedProcess(command, 0, "/nowhere/font.ttf: \n", "")

    monkeypatch.setattr(fonts.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(fonts.subprocess, "run", answer)
    assert find_family("犬猫") is None  # a font that cannot be opened is passed over
    assert asked == [[":charset=72ac 732b:style=Regular", "file"], [":charset=72ac 732b", "file"]]


def test_without_fontconfig_all_fonts_of_the_machine_are_looked_through(monkeypatch):
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    assert find_family("Ωж") is not None  # the font that comes with matplotlib has these
    assert find_family("\U0010fffd") is None  # which nothing stands for


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="fontconfig is not on this machine")
def test_a_family_that_is_found_can_write_the_letters():
    family = find_family("A")
    assert family is None or fonts._letters_of((family,)) >= {"A"}
