from pathlib import Path

import pytest

from vitrine.data.sources.folder_layout import find_layout, folders_of
from vitrine.errors import UserError

SHOWN = Path("pictures")


def placed(*files, layout="auto"):
    """Split and class of each file."""
    places = find_layout(SHOWN, files, layout)
    return [places.place(folders_of(file))[:2] for file in files]


@pytest.mark.parametrize("around", ["data/", "archive/dataset/", "a/b/c/"])
def test_folders_that_hold_nothing_else_are_looked_through(around):
    assert placed(f"{around}cat/1.png", f"{around}dog/deep/2.png", "readme.txt") == [("", "cat"), ("", "dog"), ("", "")]


def test_splits_within_a_wrapper_are_splits():
    assert placed("archive/dataset/train/cat/1.png", "archive/dataset/test/cat/1.png") == [
        ("train", "cat"), ("test", "cat"),
    ]  # fmt: skip


def test_one_class_with_pictures_of_its_own_is_no_wrapper():
    assert placed("cat/1.png", "cat/deep/2.png", "cat/deeper/3.png") == [("", "cat")] * 3


def test_one_class_is_called_by_its_first_folder():
    assert placed("cat/monday/1.png", "cat/monday/2.png") == [("", "cat")] * 2
    assert placed("data/train/cat/1.png") == [("train", "cat")]
    assert placed("test/cat/monday/1.png", "test/cat/monday/2.png") == [("test", "cat")] * 2


def test_nothing_is_looked_through_beside_a_table():
    assert placed("labels.csv", "images/cat/1.png", "images/dog/1.png")[1:] == [("", "images")] * 2


def test_what_lies_beside_a_wrapper_is_in_no_class():
    assert placed("data/cat/1.png", "data/dog/1.png", "docs/cat/readme.txt")[2] == ("", "")


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("training_set/training_set", "test_set/test_set"),
        ("train/train", "test/test"),
        ("train/images", "test/images"),
        ("pets-train", "pets-val"),
        ("TrainSet", "TestSet"),
        ("Train data", "Test data"),
        ("train_256", "valid_256"),
        ("dataset_train", "dataset_test"),
    ],
)
def test_folders_named_alike_but_for_the_split_are_splits(train, test):
    found = placed(f"{train}/sea/1.png", f"{train}/wood/1.png", f"{test}/sea/1.png", f"{test}/wood/1.png")
    (split,) = {split for split, _ in found[2:]}
    assert found == [("train", "sea"), ("train", "wood"), (split, "sea"), (split, "wood")]
    assert split in ("validation", "test")


@pytest.mark.parametrize("unlabeled", ["seg_pred/seg_pred/1.png", "unlabeled/1.png", "seg_predictions/1.png"])
def test_pictures_without_a_class_beside_such_splits_are_outside(unlabeled):
    files = ["seg_train/seg_train/sea/1.png", "seg_train/seg_train/wood/1.png", "seg_test/seg_test/sea/1.png"]
    assert placed(*files, unlabeled) == [("train", "sea"), ("train", "wood"), ("test", "sea"), ("", "")]


@pytest.mark.parametrize(
    "files",
    [
        ("bullet_train/1.png", "steam_train/1.png", "bus/1.png"),
        ("bullet_train/2019/1.png", "steam_train/2019/1.png"),
        ("blood_test/1.png", "model_train/1.png"),
        ("test_tube/1.png", "flask/1.png"),
        ("training shoes/1.png", "boots/1.png"),
        ("train1/1.png", "train2/1.png"),
    ],
)
def test_classes_that_only_contain_such_a_word_are_classes(files):
    assert placed(*files) == [("", file.split("/")[0]) for file in files]


@pytest.mark.parametrize("other", ["seg_eval", "holdout", "seg_extra"])
def test_a_folder_named_as_a_split_beside_one_with_the_same_classes_is_asked(other):
    files = [f"{top}/{label}/1.png" for top in ("seg_train", other) for label in ("sea", "wood")]
    with pytest.raises(UserError, match=r"seg_train may be splits or classes"):
        placed(*files)
    renamed = [file.replace(other, "seg_test") for file in files]
    assert {split for split, _ in placed(*renamed)} == {"train", "test"}


@pytest.mark.parametrize(
    "files",
    [
        ("cats_train/1.png", "cats_test/1.png"),
        ("cats_train/1.png", "cats_test/1.png", "dogs_train/1.png", "dogs_test/1.png"),
        ("train_images/1.png", "test_images/1.png"),
        ("set_train/cat/1.png", "set_test/cat/1.png", "extra/cat/1.png"),
    ],
)
def test_where_such_names_may_mean_either_the_person_is_asked_and_both_answers_arrive(files):
    with pytest.raises(UserError, match=r"may be splits or classes.*data\.layout=classes.*data\.layout=splits"):
        placed(*files)
    assert placed(*files, layout="classes") == [("", file.split("/")[0]) for file in files]
    splits = [split for split, _ in placed(*files, layout="splits")]
    assert splits == ["train" if "train" in file else "test" if "test" in file else "" for file in files]


@pytest.mark.parametrize("around", ["", "pets/", "all of them/pets/"])
@pytest.mark.parametrize("names", [("train", "test"), ("Training", "VAL", "testing"), ("train", "dev")])
def test_splits_within_every_class_are_splits(around, names):
    files = [f"{around}{label}/{name}/deep/1.png" for label in ("cat", "dog") for name in names]
    words = {"t": "train", "v": "validation", "d": "validation"}
    splits = ["test" if name.startswith("test") else words[name[0].lower()] for name in names]
    assert placed(*files) == [(split, label) for label in ("cat", "dog") for split in splits]
    assert placed(*files, layout="splits") == placed(*files)
    assert placed(*files, layout="classes") == [("", label) for label in ("cat", "dog") for _ in names]


@pytest.mark.parametrize("other", ["dog/1.png", "dog/monday/1.png", "cat/1.png", "cat/extra/1.png"])
def test_where_only_some_pictures_are_in_such_splits_the_person_is_asked_and_both_answers_arrive(other):
    files = ("cat/train/1.png", "cat/test/1.png", "dog/train/1.png", "dog/test/1.png", other)
    with pytest.raises(UserError, match=rf"'{other[:3]}' holds pictures elsewhere.*data\.layout=splits.*=classes"):
        placed(*files)
    expected = [("train", "cat"), ("test", "cat"), ("train", "dog"), ("test", "dog")]
    assert placed(*files, layout="splits")[:4] == expected
    assert placed(*files, layout="splits")[4][0] == ""
    assert placed(*files, layout="classes") == [("", file[:3]) for file in files]


@pytest.mark.parametrize(
    "files",
    [
        ("bus/train/1.png", "car/1.png", "car/2.png"),  # a sub-folder that is called like a split says nothing yet
        ("bus/test/1.png", "car/test/1.png"),
        ("bus/training/1.png", "car/train/1.png", "car/road/1.png"),
        ("readme.txt", "bus/train/readme.txt", "bus/test/readme.txt", "bus/1.png", "car/1.png"),
    ],
)
def test_one_sub_folder_called_like_a_split_is_none(files):
    assert {split for split, _ in placed(*files)} == {""}
