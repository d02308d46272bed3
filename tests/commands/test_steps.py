"""`python -m vitrine steps`: which pictures it shows, and the mistakes that people make."""

import re

import pytest

from tests.conftest import draw_scene
from vitrine.commands import steps


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """A function that runs the command in an empty folder: (exit code, output, errors, page)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = steps.main([*map(str, arguments), "data.image_size=32"])
        page = tmp_path / "preparation.html"
        return code, *capsys.readouterr(), page.read_text("utf-8") if page.exists() else ""

    return call


def shown(page):
    """File names at the step-by-step part of the page."""
    part = page.split('id="ways"')[0]
    return [name.replace("<wbr>", "") for name in re.findall(r"<small>(.*?)</small>", part)]


def test_a_few_pictures_of_each_class_are_shown(show, make_class_folders):
    source = make_class_folders({"cat": 5, "dog": 5, "owl": 1})
    code, out, _, page = show(f"data.source={source}", "preparation.steps=[equalize]")
    assert code == 0
    assert "page: preparation.html" in out
    assert shown(page) == ["cat/000.png", "cat/001.png", "dog/000.png", "dog/001.png", "owl/000.png"]
    assert "brightness spread evenly" in page


def test_of_many_classes_some_are_shown_from_first_to_last(show, make_class_folders):
    source = make_class_folders({f"class {letter}": 1 for letter in "abcdefghijklmnopqrst"})
    names = shown(show(f"data.source={source}")[3])
    assert len(names) == 8
    assert (names[0], names[-1]) == ("class a/000.png", "class t/000.png")


def test_files_that_are_no_pictures_are_passed_over(show, make_class_folders):
    source = make_class_folders({"cat": 2, "dog": 2})
    (source / "cat" / "000.png").write_bytes(b"no picture")
    (source / "cat" / "notes.txt").write_text("no picture")
    assert shown(show(f"data.source={source}")[3]) == ["cat/001.png", "dog/000.png", "dog/001.png"]


def test_given_pictures_need_no_source(show, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    code, _, _, page = show("preparation.resize=crop", "--pictures", "scene.png", "--out", "preparation.html")
    assert code == 0
    assert "scene" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pictures", "nothing.png"], "--pictures: nothing.png cannot be shown: the file is not there"),
        (["data.source=nowhere"], "data.source: nowhere: it is not there"),
        (["preparation.steps=[whiten, contrast]"], "must be the last one"),
    ],
)
def test_a_mistake_is_one_message(show, arguments, message):
    code, _, errors, page = show(*arguments)
    assert code == 2
    assert message in errors
    assert not page


def test_a_folder_without_a_sound_picture_is_named(show, make_class_folders):
    source = make_class_folders({"cat": 1})
    (source / "cat" / "000.png").write_bytes(b"no picture")
    code, _, errors, _ = show(f"data.source={source}")
    assert code == 2
    assert "has no picture that can be shown" in errors


def test_another_file_is_not_replaced_by_a_page(show, tmp_path):
    (tmp_path / "notes.csv").write_text("mine")
    code, _, errors, _ = show("--out", "notes.csv")
    assert (code, (tmp_path / "notes.csv").read_text()) == (2, "mine")
    assert "--out: notes.csv is there already, and is no page" in errors


def test_a_missing_folder_of_the_page_is_named(show, tmp_path):
    draw_scene().save(tmp_path / "scene.png")
    code, _, errors, _ = show("--pictures", "scene.png", "--out", "nowhere/page.html")
    assert code == 2
    assert "there is no folder nowhere" in errors
