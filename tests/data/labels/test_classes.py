"""Classes that can be learned and tested; the others are named, in a note or in one message."""

import pandas as pd
import pytest

from tests.data.trees import prepare
from vitrine.data.labels.classes import check_splits, choose_classes
from vitrine.errors import UserError


def fault_of(source, **changes):
    with pytest.raises(UserError) as caught:
        prepare(source, **changes)
    assert not source.with_name(f"{source.name}_prepared").exists()
    return str(caught.value)


def test_one_class_only_is_refused_with_what_is_missing(make_class_folders):
    message = fault_of(make_class_folders({"cat": 9}))
    assert "has one class only ('cat'); a classifier needs at least two, each a folder with pictures" in message


def test_a_folder_around_the_class_folders_is_recognized(make_class_folders):
    source = make_class_folders({"unzipped/cat": 3, "unzipped/dog": 3})
    assert f"If the folders within 'unzipped' are the classes, give data.source={source}/unzipped" in fault_of(source)


def test_loose_pictures_without_class_folders_are_refused_with_the_reasons(make_class_folders):
    source = make_class_folders({".": 4})
    (source / "notes.txt").touch()
    message = fault_of(source)
    assert "has no picture that can be used; a classifier needs one folder with pictures for each class" in message
    assert "\n  4 x outside the class folders\n  1 x not a picture (.txt)" in message


def test_split_folders_without_a_training_folder_are_refused(make_class_folders):
    source = make_class_folders({"test/cat": 3, "val/cat": 3, "test/dog": 3})
    assert "has pictures for validation and test only; put those to train on into train/<class>" in fault_of(source)


def test_too_few_pictures_for_a_validation_split_are_refused(make_class_folders):
    message = fault_of(make_class_folders({"cat": 2, "dog": 1}))
    assert "too few pictures: none is left for the validation split. Give at least one class three pictures" in message


def manifest_of(*rows):
    """Rows of label, split and status."""
    table = pd.DataFrame(list(rows), columns=["label_name", "split", "status"])
    return table.assign(file=[f"{row[0]}/{number}.png" for number, row in enumerate(rows)], reason="")


def test_a_class_with_test_pictures_alone_is_left_out_and_one_without_sound_pictures_is_named():
    manifest = manifest_of(
        ("cat", "train", "kept"),
        ("dog", "train", "kept"),
        ("cow", "test", "kept"),
        ("cow", "test", "kept"),
        ("owl", "train", "quarantined"),
    )
    assert choose_classes(manifest, "pictures") == [
        "Class 'cow' has nothing to train on: its 2 pictures are left out.",
        "Class 'owl' has no picture that can be used: it is left out.",
    ]
    assert manifest["status"].tolist() == ["kept", "kept", "left_out", "left_out", "quarantined"]
    assert set(manifest.loc[manifest["label_name"] == "cow", "reason"]) == {"its class has no training picture"}


def test_a_class_that_is_missing_in_a_split_is_noted_with_what_that_means():
    kept = manifest_of(
        *(("cat", split, "kept") for split in ("train", "validation", "test")),
        ("dog", "train", "kept"),
        ("owl", "train", "kept"),
        ("owl", "test", "kept"),
    )
    assert check_splits(kept, "pictures") == [
        "Class 'dog' has 1 picture, none for validation and test: it is trained on but cannot be tested.",
        "Class 'owl' has 2 pictures, none for validation: it cannot steer the training.",
    ]


@pytest.mark.parametrize(("there", "missing"), [("validation", "test"), ("test", "validation")])
def test_a_split_without_any_picture_is_refused(there, missing):
    kept = manifest_of(("cat", "train", "kept"), ("cat", there, "kept"))
    with pytest.raises(UserError, match=rf"pictures has too few pictures: none is left for the {missing} split"):
        check_splits(kept, "pictures")
