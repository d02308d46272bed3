"""Classes that can be learned and tested; the others are named, in a note or in one message."""

import shutil

import pandas as pd
import pytest

from tests.data.trees import prepare
from vitrine.config.data import ChecksSection
from vitrine.data.labels.classes import check_splits, choose_classes
from vitrine.data.manifest.split_names import SPLITS
from vitrine.errors import UserError
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts


def fault_of(source, **changes):
    with pytest.raises(UserError) as caught:
        prepare(source, **changes)
    assert not source.with_name(f"{source.name}_prepared").exists()
    return str(caught.value)


def test_one_class_only_is_refused_with_what_is_missing(make_class_folders):
    message = fault_of(make_class_folders({"cat": 9}))
    assert "has one class only ('cat'); a classifier needs at least two, each a folder with pictures" in message


def test_a_folder_around_the_class_folders_is_looked_through(make_class_folders):
    assert prepare(make_class_folders({"unzipped/cat": 3, "unzipped/dog": 3})).label_names == ("cat", "dog")


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
    return table.assign(
        file=[f"{row[0]}/{number}.png" for number, row in enumerate(rows)], reason="", group="", copy_of=""
    )


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


@pytest.mark.parametrize("column", ["group", "copy_of"])
def test_what_stays_together_is_named_where_it_leaves_a_split_empty(column):
    kept = manifest_of(*[("cat", split, "kept") for split in ("train", "train", "test", "test")])
    kept[column] = ["Ann", "Ann", "Bob", "Bob"]
    with pytest.raises(UserError, match="too few groups: none is left for the validation split"):
        check_splits(kept, "pictures")
    lone = kept.iloc[1:]  # of one training picture no group takes another away
    with pytest.raises(UserError, match="pictures has too few pictures: none is left for the validation split"):
        check_splits(lone, "pictures")


def test_two_persons_in_each_class_are_too_few(make_class_folders, tmp_path):
    make_class_folders({"cat": 12, "dog": 12})
    rows = [f"{name}/{n:03d}.png,{name},person {n // 6}" for name in ("cat", "dog") for n in range(12)]
    (tmp_path / "pictures/table.csv").write_text("\n".join(["image,label,group", *rows]))
    with pytest.raises(UserError, match="too few groups: none is left for the validation split"):
        prepare(tmp_path / "pictures/table.csv")


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


def test_a_note_says_that_all_classes_hold_the_same_folders(make_class_folders):
    source = make_class_folders({f"{part}/{name}": 4 for part in ("batch 1", "batch 2") for name in ("cat", "dog")})
    checks = ChecksSection(near_duplicates=False, contradictions="keep")  # the batches look alike
    notes = prepare(source, checks=checks).facts.notes
    assert any(note.startswith("All class folders hold folders of the same names ('cat', 'dog')") for note in notes)
    for name in ("cat", "dog"):
        for part in ("batch 1", "batch 2"):
            for path in (source / part / name).iterdir():
                (source / name).mkdir(exist_ok=True)
                path.rename(source / name / f"{part} {path.name}")
    assert prepare(source, checks=checks).label_names == ("cat", "dog")


def test_splits_within_the_classes_are_kept_and_need_no_such_note(make_class_folders):
    folders = {f"{name}/{split}": number for name in ("cat", "dog") for split, number in (("train", 4), ("test", 2))}
    checks = ChecksSection(near_duplicates=False, contradictions="keep")  # the pictures of both look alike
    prepared = prepare(make_class_folders(folders), checks=checks)
    assert prepared.facts.counts["test"] == {"cat": 2, "dog": 2}
    assert not any("folders of the same names" in note for note in prepared.facts.notes)


def test_of_many_classes_with_the_same_fault_one_note_tells_a_few():
    names = [f"class {number:03d}" for number in range(300)]
    rows = [(name, split) for name in names for split in ("train", "validation")] + [("cat", split) for split in SPLITS]
    kept = pd.DataFrame(rows, columns=["label_name", "split"])
    (note,) = check_splits(kept, "pictures")
    assert note == (
        "300 classes have no picture for test and are trained on but cannot be tested: 'class 000', 'class 001', "
        "'class 002', 'class 003' and 296 more."
    )
    french = translate(note, load_texts("fr"))
    assert french.startswith("300 classes n")
    assert "aucune image pour le test" in french
    assert "296 autres" in french
    assert "class 004" not in french


def test_a_class_that_the_gate_cannot_judge_is_named_where_there_is_a_gate():
    rows = [(name, split) for name in ("cat", "dog") for split in (*SPLITS, "gate")] + [
        ("emu", split) for split in SPLITS
    ]
    kept = pd.DataFrame(rows, columns=["label_name", "split"])
    (note,) = check_splits(kept, "pictures")
    assert note == "Class 'emu' has 3 pictures, none for the gate: a retraining may forget it unnoticed."
    assert "arbitrage" in translate(note, load_texts("fr"))
    assert check_splits(kept[kept["split"] != "gate"], "pictures") == []
