"""Pictures in folders of their answers: nothing outside, nothing twice, nothing lost."""

import csv
import io
import zipfile
from pathlib import PurePosixPath

import pytest

from tests.predict.answers.rows import answered, none, unreadable, unsure
from vitrine.predict.answers.class_folders import LONGEST_NAME, safe_name, zip_class_folders


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"the very bytes")
    return path


def zipped(tmp_path, rows, label_names=("pug",)):
    zip_class_folders(rows, label_names, 1, tmp_path / "answers.zip")
    with zipfile.ZipFile(tmp_path / "answers.zip") as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_pictures_lie_unchanged_in_the_folder_of_their_answer_beside_the_table(tmp_path, file):
    rows = [answered("a.jpg", path=file), unsure("b.jpg", path=file), none("c.jpg", path=file), unreadable("d.jpg")]
    found = zipped(tmp_path, rows)
    assert set(found) == {"pug/a.jpg", "unsure/b.jpg", "none/c.jpg", "answers.csv"}
    assert found["pug/a.jpg"] == b"the very bytes"
    table = list(csv.DictReader(io.StringIO(found["answers.csv"].decode())))
    assert [row["file"] for row in table] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_files_of_one_name_are_told_apart_also_by_their_letter_case(tmp_path, file):
    names = ("x/a.jpg", "y/a.jpg", "A.JPG", "a (2).jpg", "a.jpg")
    found = zipped(tmp_path, [answered(name, path=file) for name in names])
    pictures = [name for name in found if name != "answers.csv"]
    assert len({name.casefold() for name in pictures}) == len(names)


@pytest.mark.parametrize(
    "name", ["../../a.jpg", "/etc/passwd", "C:\\a.jpg", "a\\..\\..\\b.jpg", "..", "x/..", "a\0b.jpg"]
)
def test_no_name_leads_out_of_the_zip(tmp_path, file, name):
    found = zipped(tmp_path, [answered(name, label=name, path=file)], [name])
    (picture,) = set(found) - {"answers.csv"}
    assert len(PurePosixPath(picture).parts) == 2
    assert not {"..", "/", ""} & set(picture.split("/"))
    assert "\\" not in picture


def test_classes_called_like_the_other_folders_or_like_each_other_get_their_own(tmp_path, file):
    labels = ["unsure", "None", "a/b", "a:b", "answers.csv"]
    found = zipped(tmp_path, [answered("1.jpg", label=label, path=file) for label in labels], labels)
    assert {PurePosixPath(name).parts[0] for name in found} == {
        "unsure (2)", "None (2)", "a_b", "a_b (2)", "answers (2).csv", "answers.csv",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("pug 1.jpg", "pug 1.jpg"),
        ("chien é 犬.jpg", "chien é 犬.jpg"),
        ("con", "_con"),
        ("NUL.jpg", "_NUL.jpg"),
        ("ends. ", "ends"),
        ("...", "_"),
        ("", "_"),
        ('<b>"x"|?*', "_b__x____"),
        ("gpj.\u202eexe", "gpj._exe"),
    ],
)
def test_a_name_is_kept_as_far_as_every_disk_takes_it(name, safe):
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_end():
    assert safe_name("x" * 300 + ".jpeg").endswith("x.jpeg")
    assert len(safe_name("x" * 300 + ".jpeg")) == LONGEST_NAME
    assert len(safe_name("x." + "y" * 300)) <= LONGEST_NAME
    for letter in "鳥é🐦":
        name = safe_name(letter * 300 + ".jpeg")
        assert name.endswith(f"{letter}.jpeg")
        assert LONGEST_NAME - 4 < len(name.encode()) <= LONGEST_NAME
