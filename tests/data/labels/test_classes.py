import shutil

import pytest

from tests.data.trees import prepare
from vitrine.errors import UserError


def test_a_note_says_that_a_folder_was_looked_through(make_class_folders):
    source = make_class_folders({"cat": 9, "dog": 9}, "pictures/all of them/pets").parents[1]
    notes = prepare(source).facts.notes
    assert "The classes are the folders within 'all of them/pets', since nothing else is there." in notes
    assert not any("folders within" in note for note in prepare(source / "all of them").facts.notes if "all of" in note)


def test_the_advice_about_folders_within_a_class_arrives(make_class_folders):
    source = make_class_folders({"pets/cat": 9, "pets/dog": 9})
    shutil.copy(source / "pets/cat/000.png", source / "pets/cover.png")
    with pytest.raises(UserError, match=r"one class only \('pets'\).* give data\.source=") as refusal:
        prepare(source)
    advised = str(refusal.value).partition("give data.source=")[2].partition(". Files")[0]
    assert advised == str(source / "pets")
    assert prepare(source / "pets").label_names == ("cat", "dog")


def test_the_advice_about_folders_in_an_archive_names_no_path_that_cannot_be(make_class_folders):
    source = make_class_folders({"pets/cat": 9, "pets/dog": 9})
    shutil.copy(source / "pets/cat/000.png", source / "pets/cover.png")
    (source / "read me.txt").touch()
    archive = shutil.make_archive(str(source), "zip", source)
    with pytest.raises(UserError, match="the classes, unpack it and give its folder pets") as refusal:
        prepare(source.with_name("pictures.zip"))
    assert f"data.source={archive}/" not in str(refusal.value)
    shutil.unpack_archive(archive, source.with_name("unpacked"))
    assert prepare(source.with_name("unpacked") / "pets").label_names == ("cat", "dog")
