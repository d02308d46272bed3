"""Opening what was prepared, and showing its pictures as they were."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from tests.data.trees import prepare
from vitrine.data.prepared.dataset import display_image, open_prepared, open_streamed
from vitrine.data.prepared.training_files import list_kept_files
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest


@pytest.fixture
def prepared(make_class_folders):
    return prepare(make_class_folders({"cat": 5, "dog": 5}))


def test_what_is_written_opens_with_its_facts(prepared):
    assert prepared.label_names == ("cat", "dog")
    assert {name: len(split) for name, split in prepared.splits.items()} == {"train": 6, "validation": 2, "test": 2}
    assert prepared.facts.image_size == 16
    assert len(read_manifest(prepared.folder)) == 10
    assert prepared.splits["train"][0]["image"].size == (16, 16)


def test_a_prepared_data_set_can_be_moved_and_needs_its_source_no_more(prepared, tmp_path):
    shutil.rmtree(tmp_path / "pictures")
    prepared.folder.rename(tmp_path / "moved")
    assert open_prepared(tmp_path / "moved").splits["test"][0]["image"].size == (16, 16)


@pytest.mark.parametrize("name", ["nothing", "folder", "file"])
def test_what_is_no_prepared_data_set_is_refused_with_what_to_do(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=rf"{name} is not a prepared data set \(no prepared.json\); run `.* prepare`"):
        open_prepared(tmp_path / name)


@pytest.mark.parametrize(
    "change",
    [{"format": 1}, {"label_names": None}, {"new": 1}, {"settings": {}}],
    ids=lambda change: next(iter(change)),
)
def test_a_data_set_of_another_version_is_refused(prepared, change):
    path = prepared.folder / "prepared.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=r"prepared\.json: .*(run python data_prep\.py again|update Vitrine)"):
        open_prepared(prepared.folder)


def test_a_data_set_with_missing_or_damaged_parts_is_refused(prepared):
    shard = prepared.folder / "pictures/train-00000.arrow"
    shard.write_bytes(b"damaged")
    with pytest.raises(
        UserError, match=r"train-00000.arrow has 7 bytes, not the [\d,]+ that were written; run `.*prepare`"
    ):
        open_prepared(prepared.folder)
    shutil.rmtree(prepared.folder / "pictures")
    with pytest.raises(UserError, match=r"test-00000.arrow is missing \(and 2 more\); run `.*prepare`"):
        open_prepared(prepared.folder)


def test_a_fold_without_pictures_is_refused_with_those_that_have_some(make_class_folders, monkeypatch):
    prepared = prepare(make_class_folders({"cat": 8, "dog": 8}), folds=3)
    manifest = read_manifest(prepared.folder)
    manifest["fold"] = manifest["fold"].replace(1, 0)  # as a former build divided
    monkeypatch.setattr("vitrine.data.prepared.dataset.read_manifest", lambda _, columns: manifest[list(columns)])
    for fold in (1, 3):
        message = rf"data\.fold: no picture of .* is in fold {fold}; take one of 0, 2, or .* --again"
        with pytest.raises(UserError, match=message):
            open_prepared(prepared.folder, fold)


@pytest.mark.parametrize(
    ("size", "longest_side", "expected"),
    [
        ((60, 40), 30, (30, 20)),
        ((40, 60), 30, (20, 30)),
        ((1, 5000), 100, (1, 100)),
        ((5000, 1), 100, (100, 1)),
        ((7, 7), 256, (256, 256)),
    ],
)
def test_pictures_are_shown_in_the_proportions_of_their_originals(size, longest_side, expected):
    row = {"image": Image.new("RGB", (16, 16)), "width": size[0], "height": size[1]}
    assert display_image(row, longest_side).size == expected


def test_a_shown_picture_looks_like_its_original():
    row = {"image": draw_scene().resize((48, 48), Image.Resampling.BICUBIC), "width": 60, "height": 40}
    difference = np.asarray(display_image(row, 60)).astype(int) - np.asarray(draw_scene())
    assert np.abs(difference).mean() < 6


def test_a_data_set_that_is_streamed_knows_all_of_its_pictures_and_has_a_sample_here(in_many_files, put_in_store):
    streamed = open_streamed(Path(put_in_store(in_many_files.folder)))
    for split, rows in in_many_files.splits.items():
        assert streamed.splits[split]["file"][:] == rows["file"][:]
        assert streamed.splits[split]["label"][:] == rows["label"][:]
    assert streamed.splits["test"][0]["image"].size == (32, 32)
    assert "image" not in streamed.splits["train"].column_names
    here = list((streamed.folder / "pictures").glob("train-*"))
    assert len(here) == len(list_kept_files(in_many_files.facts))
    assert len(streamed.away.sums) > len(here)
    sample = streamed.training_sample
    assert 0 < len(sample) < len(streamed.splits["train"])
    assert streamed.show(sample[0], 10).size == (10, 10)
    assert streamed.version == in_many_files.version


def test_the_folder_of_a_data_set_is_opened_whole_with_the_sample_of_its_address(in_many_files, put_in_store):
    streamed = open_streamed(Path(put_in_store(in_many_files.folder)))
    whole = open_streamed(in_many_files.folder)
    assert whole.away is None
    assert whole.training_sample["file"][:] == streamed.training_sample["file"][:]
    assert "image" in whole.splits["train"].column_names
    assert in_many_files.training_sample is in_many_files.splits["train"]


def test_a_file_of_a_streamed_copy_that_is_damaged_is_mended(in_many_files, put_in_store):
    address = Path(put_in_store(in_many_files.folder))
    copy = open_streamed(address).folder
    test = copy / "pictures" / "test-00000.arrow"
    whole = test.read_bytes()
    test.write_bytes(whole[:-1] + b"?")
    assert open_streamed(address).folder == copy
    assert test.read_bytes() == whole
