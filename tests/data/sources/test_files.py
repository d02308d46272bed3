"""What lies below a folder, and what a name tells."""

import os

import pytest

from vitrine.data.sources import files
from vitrine.data.sources.files import is_saved_data_set, printable, reason_by_name, walk_files


def test_every_file_is_walked_once_and_links_to_other_folders_are_followed(tmp_path):
    source, outside = tmp_path / "source", tmp_path / "outside"
    for file in (source / "a/1.png", source / "2.png", outside / "3.png"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (source / "b").symlink_to(outside)
    (source / "a/up").symlink_to("..")
    assert sorted(walk_files(source)) == ["2.png", "a/1.png", "a/up/", "b/3.png"]


def test_folders_of_many_files_and_links_that_lead_nowhere_are_walked_too(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "NAMES_JOINED", 2)
    expected = [f"a/{number}.png" for number in range(5)]
    for file in expected:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "empty").mkdir()
    assert sorted(walk_files(tmp_path)) == [*expected, "circle"]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("cat/1.png", ""),
        ("cat/1", ""),
        ("cat/notes.TXT", "not a picture (.txt)"),
        (".cache/1.png", "hidden file"),
        ("__MACOSX/cat/1.png", "hidden file"),
        ("cat/._1.png", "hidden file"),
    ],
)
def test_a_name_tells_why_a_file_is_not_looked_at(tmp_path, file, reason):
    assert reason_by_name(tmp_path, file) == reason


def test_a_link_to_what_is_listed_already_is_told_from_a_folder(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "Cat").symlink_to("cat")
    assert reason_by_name(tmp_path, "Cat/") == "link to a folder that is listed elsewhere"
    assert reason_by_name(tmp_path, "cat/") == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("é 🐶.png", "é 🐶.png"),
        ("a\nb\x1b[31m", r"a\nb\x1b[31m"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        ("\x85", r"\x85"),
    ],
)
def test_what_no_terminal_could_show_is_escaped(name, shown):
    assert printable(name) == shown


@pytest.mark.parametrize(("file", "saved"), [("state.json", True), ("dataset_dict.json", True), ("a.arrow", False)])
def test_a_saved_data_set_is_known_by_its_files(tmp_path, file, saved):
    (tmp_path / file).touch()
    assert is_saved_data_set(tmp_path) is saved
