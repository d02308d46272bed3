import datasets
import pandas as pd
import pytest

import vitrine
from vitrine.data.prepared import groups as duplicates
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import find_test_duplicates, find_test_series, number_groups, read_subgroups

FILES = ["a.png", "b.png", "c.png", "d.png", "e.png"]


@pytest.fixture
def manifest(monkeypatch):
    """Lets a test say which files are copies and which belong to a group."""

    def say(copy_of, group):
        table = pd.DataFrame({"file": FILES, "copy_of": copy_of, "group": group})
        monkeypatch.setattr(duplicates, "read_manifest", lambda _, columns: table[list(columns)])

    return say


def fake(train, test):
    splits = {"train": train, "validation": [], "test": test}
    rows = {name: datasets.Dataset.from_dict({"file": files}) for name, files in splits.items()}
    return PreparedDataset(None, None, datasets.DatasetDict(rows))


def test_pictures_of_one_group_and_copies_of_each_other_share_a_number(manifest):
    manifest(["", "", "c.png", "c.png", ""], ["ann", "", "ann", "", ""])
    numbers = number_groups(None, FILES).tolist()
    assert numbers[0] == numbers[2] == numbers[3]
    assert len(set(numbers)) == 3


def test_a_test_picture_with_a_copy_in_training_has_a_duplicate(manifest):
    manifest(["", "b.png", "", "b.png", ""], [""] * 5)
    assert find_test_duplicates(fake(["a.png", "b.png"], ["e.png", "d.png", "c.png"])).tolist() == [False, True, False]


def test_a_test_picture_of_a_group_that_was_trained_on_has_a_duplicate(manifest):
    manifest([""] * 5, ["ann", "", "", "ann", "bob"])
    assert find_test_duplicates(fake(["a.png", "b.png"], ["d.png", "e.png"])).tolist() == [True, False]


def test_copies_within_the_test_split_are_no_duplicates_in_training(manifest):
    manifest(["", "", "c.png", "c.png", ""], [""] * 5)
    assert find_test_duplicates(fake(["a.png", "b.png"], ["c.png", "d.png"])).tolist() == [False, False]


def test_a_test_picture_whose_series_was_trained_on_is_found(monkeypatch):
    files = [
        "cat/rex/1.png",
        "cat/rex/2.png",
        "cat/film_1.png",
        "cat/film_2.png",
        *(f"cat/{name}.png" for name in "abcde"),
    ]
    columns = {"label_name": "cat", "source_label": "cat", "status": "kept", "taken": "", "split": "train"}
    monkeypatch.setattr(
        duplicates, "read_manifest", lambda _, wanted: pd.DataFrame({"file": files} | columns)[list(wanted)]
    )
    test = ["cat/film_2.png", "cat/a.png", "cat/rex/2.png"]
    assert find_test_series(fake([file for file in files if file not in test], test)).tolist() == [True, False, True]
    alone = fake(["cat/b.png"], ["cat/rex/1.png", "cat/rex/2.png"])
    assert find_test_series(alone).tolist() == [False, False]


def test_the_column_of_subgroups_goes_with_the_pictures_into_the_data_set(make_class_folders, monkeypatch, tmp_path):
    folder = make_class_folders({"cat": 6, "dog": 6})
    rows = [
        f"{name}/{number:03d}.png,{name},{'face' if number < 3 else ''}"
        for name in ("cat", "dog")
        for number in range(6)
    ]
    (folder / "table.csv").write_text("\n".join(["image,label,subgroup", *rows]))
    monkeypatch.chdir(tmp_path)
    prepared = vitrine.prepare("pictures/table.csv", image_size=16)
    files = ["cat/001.png", "cat/004.png", "dog/002.png", "elsewhere.png"]
    assert read_subgroups(prepared.folder, files) == ["face", "", "face", ""]
    assert read_subgroups(tmp_path, files) == ["", "", "", ""]
