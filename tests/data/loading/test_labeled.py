"""Labelled pictures of any source, and the test split of a prepared data set."""

import pytest

from tests.factories import SIDE, prepare, write_colored_classes
from vitrine.config.data import DataSection, LabelsSection
from vitrine.data.images.decoding import ImageError
from vitrine.data.loading.labeled import LabeledImage, LabeledImages, open_labeled, spread_evenly
from vitrine.errors import UserError


def open_source(source, tmp_path, part=None, **labels):
    (tmp_path / "workspace").mkdir(exist_ok=True)
    return open_labeled(DataSection(source=str(source)), LabelsSection(**labels), part, tmp_path / "workspace", "white")


def test_of_a_prepared_data_set_the_test_split_is_taken(tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "source", 10), tmp_path / "prepared")
    data = open_source(prepared.folder, tmp_path)
    assert [picture.file for picture in data.pictures] == list(prepared.splits["test"]["file"])
    assert data.part == "test"
    assert data.elsewhere == 30 - len(data.pictures)
    picture = data.pictures[0]
    assert picture.open_preprocessed().size == (SIDE, SIDE)
    assert picture.open().size == (picture.size[0] * SIDE // 40, SIDE) or max(picture.open().size) <= 42
    assert len(open_source(prepared.folder, tmp_path, "all").pictures) == 30


def test_of_a_folder_all_pictures_are_taken_and_what_is_left_out_is_named(make_class_folders, tmp_path):
    folder = make_class_folders({"cat": 3, "dog": 2})
    (folder / "cat" / "notes.txt").write_text("x")
    (folder / "stray.png").write_bytes((folder / "cat" / "000.png").read_bytes())
    data = open_source(folder, tmp_path)
    assert [picture.label_name for picture in data.pictures] == ["cat"] * 3 + ["dog"] * 2
    assert data.part == "all"
    assert dict(data.left_out)["cat/notes.txt"] == "not a picture (.txt)"
    assert "stray.png" in dict(data.left_out)


def test_a_fixed_test_split_is_taken_alone_unless_all_is_asked(make_class_folders, tmp_path):
    folder = make_class_folders({"train/cat": 3, "train/dog": 3, "test/cat": 2, "test/dog": 1})
    assert len(open_source(folder, tmp_path).pictures) == 3
    assert open_source(folder, tmp_path).elsewhere == 6
    assert len(open_source(folder, tmp_path, "all").pictures) == 9


def test_a_test_split_that_is_not_there_is_one_message(make_class_folders, tmp_path):
    with pytest.raises(UserError, match="has no test split; leave --split out, or take --split all"):
        open_source(make_class_folders({"cat": 2, "dog": 2}), tmp_path, "test")


def test_classes_can_be_renamed_as_in_a_recipe(make_class_folders, tmp_path):
    folder = make_class_folders({"cat": 1, "dog": 1})
    assert {p.label_name for p in open_source(folder, tmp_path, rename={"cat": "chat"}).pictures} == {"chat", "dog"}


def test_a_broken_picture_says_why_when_it_is_opened(make_class_folders, tmp_path):
    folder = make_class_folders({"cat": 1, "dog": 1})
    (folder / "cat" / "broken.jpg").write_text("no picture")
    broken = next(p for p in open_source(folder, tmp_path).pictures if p.file.endswith("broken.jpg"))
    with pytest.raises(ImageError, match="a text, not a picture; get the picture again"):
        broken.open()


@pytest.mark.parametrize(
    ("there", "at_most", "expected"),
    [(10, 4, [0, 2, 5, 7]), (4, 3, [0, 1, 2]), (3, 3, [0, 1, 2]), (2, 9, [0, 1]), (0, 3, [])],
)
def test_some_pictures_are_taken_at_equal_distances(there, at_most, expected):
    pictures = [LabeledImage(str(number), "cat", open=pytest.fail) for number in range(there)]
    assert [int(picture.file) for picture in spread_evenly(pictures, at_most)] == expected


def test_of_a_prepared_data_set_in_a_store_the_test_split_is_taken(tmp_path, put_in_store):
    prepared = prepare(write_colored_classes(tmp_path / "source", 10), tmp_path / "prepared")
    data = open_source(put_in_store(prepared.folder), tmp_path)
    assert [picture.file for picture in data.pictures] == list(prepared.splits["test"]["file"])
    assert data.pictures[0].open_preprocessed().size == (SIDE, SIDE)


def test_pictures_are_made_when_they_are_asked_for():
    made = []
    pictures = LabeledImages(
        range(5), lambda number: made.append(number) or LabeledImage(str(number), "cat", pytest.fail)
    )
    assert len(pictures) == 5
    assert made == []
    assert [picture.file for picture in pictures[1::2]] == ["1", "3"]
    assert pictures[-1].file == "4"
    assert made == [1, 3, 4]
    with pytest.raises(IndexError):
        pictures[5]


def test_all_splits_of_a_data_set_follow_each_other(tmp_path):
    prepared = prepare(write_colored_classes(tmp_path / "source", 10), tmp_path / "prepared")
    pictures = open_source(prepared.folder, tmp_path, "all").pictures
    assert [picture.file for picture in pictures] == [
        file for rows in prepared.splits.values() for file in rows["file"]
    ]
    first = prepared.splits["validation"][0]
    assert pictures[len(prepared.splits["train"])].open_preprocessed().tobytes() == first["image"].tobytes()
