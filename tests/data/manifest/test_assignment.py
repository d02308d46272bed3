"""Sides and folds of a manifest, by the recipe and by what was there before."""

import pytest

from tests.data.trees import prepare
from vitrine.data.prepared.dataset import open_prepared
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest


def test_split_folders_are_honoured_and_the_missing_one_is_cut_from_training(make_class_folders):
    source = make_class_folders({"Training/cat": 20, "Training/dog": 20, "Test/cat": 5, "Test/dog": 4, "Test/cow": 3})
    prepared = prepare(source)
    assert prepared.facts.counts == {
        "train": {"cat": 17, "dog": 17}, "validation": {"cat": 3, "dog": 3}, "test": {"cat": 5, "dog": 4},
    }  # fmt: skip
    assert prepared.facts.notes == ["Class 'cow' has nothing to train on: its 3 pictures are left out."]
    manifest = read_manifest(prepared.folder)
    cow = manifest[manifest["label_name"] == "cow"]
    assert set(cow["reason"]) == {"its class has no training picture"}
    assert set(cow["split"]) == {""}


def test_folds_divide_all_but_the_test_pictures_and_each_is_once_for_validation(make_class_folders):
    source = make_class_folders({"cat": 20, "dog": 20})
    prepared = prepare(source, folds=4)
    test = set(prepared.splits["test"]["file"])
    seen = []
    for fold in range(4):
        opened = open_prepared(prepared.folder, fold)
        assert set(opened.splits["test"]["file"]) == test
        validation, train = set(opened.splits["validation"]["file"]), set(opened.splits["train"]["file"])
        assert not validation & train
        assert len(validation | train) == 34
        assert opened.facts.counts["validation"] == {
            name: sum(file.startswith(name) for file in validation) for name in ("cat", "dog")
        }
        seen += sorted(validation)
    assert len(seen) == len(set(seen)) == 34


def test_classes_smaller_than_the_folds_fill_all_of_them(make_class_folders):
    prepared = prepare(make_class_folders(dict.fromkeys(("ant", "cat", "cow", "dog"), 5)), folds=5)
    sizes = [len(open_prepared(prepared.folder, fold).splits["validation"]) for fold in range(5)]
    assert sorted(sizes) == [3, 3, 3, 3, 4]


def test_a_fold_without_pictures_is_refused(make_class_folders):
    source = make_class_folders({"cat": 4, "dog": 4})
    with pytest.raises(UserError, match=r"data\.folds: of 9 folds, 3 would hold no picture, .* take fewer folds"):
        prepare(source, folds=9)
    assert prepare(source, folds=6).facts.settings.data.folds == 6


def test_numbers_of_pictures_stand_in_place_of_shares(make_class_folders):
    prepared = prepare(make_class_folders({"cat": 12, "dog": 8}), validation_count=3, test_count=2)
    assert prepared.facts.counts == {
        "train": {"cat": 7, "dog": 3}, "validation": {"cat": 3, "dog": 3}, "test": {"cat": 2, "dog": 2},
    }  # fmt: skip


def test_corrections_move_no_other_picture_and_leave_no_class_without_training_pictures(make_class_folders):
    source = make_class_folders({"cat": 12, "dog": 8})
    table = source.with_name("corrections.csv")
    before = read_manifest(prepare(source).folder).set_index("file")["split"]
    table.write_text("file,label_name,suggested,action\ncat/000.png,cat,dog,relabel\ncat/001.png,cat,,remove\n")
    after = read_manifest(prepare(source, corrections=str(table)).folder).set_index("file")["split"]
    others = before.index.difference(["cat/001.png"])
    assert after[others].equals(before[others])
    assert after["cat/001.png"] == ""
    training = before.index[(before == "train") & before.index.str.startswith("dog/")]
    rows = "".join(f"{file},dog,,remove\n" for file in training)
    table.write_text(f"file,label_name,suggested,action\n{rows}")
    with pytest.raises(UserError, match=r"data\.corrections: .* leaves class 'dog' without a training picture"):
        prepare(source, corrections=str(table))
