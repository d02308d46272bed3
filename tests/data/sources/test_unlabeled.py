"""Every file of a folder or archive without labels, by name, each name once."""

import zipfile
from pathlib import Path

from tests.app.models import noise
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.unlabeled import list_archive, list_folder, tell_apart


def found(name, left_out=""):
    return FoundFile(Path("/x") / name, name, "", "", left_out)


def test_a_folder_is_listed_to_any_depth_with_what_is_no_picture_named(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    noise(1).save(tmp_path / "b" / "c" / "1.png")
    noise(2).save(tmp_path / "a.png")
    (tmp_path / "note.txt").write_text("hello")
    listed = {one.file: bool(one.left_out) for one in list_folder(tmp_path, "pets")}
    assert listed == {"pets/a.png": False, "pets/b/c/1.png": False, "pets/note.txt": True}
    assert list(listed) == sorted(listed)


def test_an_archive_keeps_every_entry_and_two_of_one_name_are_told_apart(tmp_path):
    noise(1).save(tmp_path / "1.png")
    content = (tmp_path / "1.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("a.png", content)
        archive.writestr("../b.png", content)
    (tmp_path / "to").mkdir()
    listed = {one.file: bool(one.left_out) for one in list_archive(tmp_path / "pets.zip", tmp_path / "to", "pets.zip")}
    assert listed.pop("pets.zip/a.png") is False
    ((name, is_left_out),) = listed.items()
    assert (name.endswith("b.png"), is_left_out) == (True, True)
    assert not (tmp_path / "b.png").exists()


def test_names_are_numbered_and_what_can_be_used_keeps_its_own():
    named = tell_apart([found("a.png", "unsafe"), found("a.png"), found("a.png"), found("a.png (2)")])
    assert [one.file for one in named] == ["a.png", "a.png (2)", "a.png (3)", "a.png (4)"]
    assert named[0].left_out == ""
    assert len({one.file for one in named}) == 4
