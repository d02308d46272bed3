"""Whatever happens to a file of a prepared data set is found, said in one message, and mended by preparing again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.trees import prepare, settings_for
from vitrine.data.prepare.damage import find_damage_in
from vitrine.data.prepare.unchanged import find_unchanged
from vitrine.data.prepared.dataset import open_prepared
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import read_facts

GOLDEN = Path(__file__).parents[2] / "golden/prepared/colours"


@pytest.fixture
def source(make_class_folders):
    return make_class_folders({"cat": 8, "dog": 8})


def content_of(prepared):
    return {
        row["file"]: (name, row["label"], np.asarray(row["image"]).tobytes())
        for name, split in prepared.splits.items()
        for row in split
    }


def delete(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def edit_the_split(path):
    manifest = pd.read_parquet(path)
    manifest["split"] = manifest["split"].replace({"test": "train", "train": "test"})
    manifest.to_parquet(path, index=False)


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        *((file, spoil) for file in ("pictures/test-00000.arrow", "manifest.parquet") for spoil in (delete, cut)),
        ("pictures/train-00000.arrow", flip_a_bit),
        ("manifest.parquet", flip_a_bit),
        ("manifest.parquet", edit_the_split),
        ("thumbnails.npy", cut),
        ("near_pairs.parquet", flip_a_bit),
        ("findings.json", delete),
        ("training_index.arrow", flip_a_bit),
        ("manifest.csv", delete),
        ("prepared.json", cut),
        ("prepared.json", delete),
    ],
)
def test_preparing_again_mends_what_is_damaged_and_keeps_the_split(source, file, spoil):
    first = prepare(source, split_seed=3)
    before, manifest = content_of(first), read_manifest(first.folder)
    spoil(first.folder / file)
    assert [one.file for one in find_damage_in(first.folder)] == [file]
    assert find_unchanged(first.folder, settings_for(source, split_seed=3)) is None
    mended = prepare(source, split_seed=3)
    assert content_of(mended) == before
    assert read_manifest(mended.folder).equals(manifest)
    assert find_damage_in(mended.folder) == []
    assert mended.facts.notes == []


@pytest.mark.parametrize("file", ["pictures/test-00000.arrow", "manifest.parquet", "thumbnails.npy"])
def test_a_missing_file_is_named_with_the_way_out_when_the_data_set_is_opened(source, file):
    folder = prepare(source).folder
    (folder / file).unlink()
    with pytest.raises(UserError, match=rf"{file} is missing; run `.*prepare` with the same recipe again: it mends"):
        open_prepared(folder)


def test_a_changed_value_in_prepared_json_is_refused(source):
    folder = prepare(source).folder
    text = (folder / "prepared.json").read_text("utf-8")
    (folder / "prepared.json").write_text(text.replace('"cat"', '"rat"'), "utf-8")
    with pytest.raises(UserError, match=r"prepared\.json was changed after it was written; run .*data_prep"):
        read_facts(folder)


def test_prepared_json_may_be_spaced_anew(source):
    folder = prepare(source).folder
    content = json.loads((folder / "prepared.json").read_text("utf-8"))
    (folder / "prepared.json").write_text(json.dumps(content, sort_keys=True), "utf-8")
    assert read_facts(folder).label_names == ["cat", "dog"]


def test_a_split_that_nobody_can_read_any_more_is_drawn_anew_with_a_word(source):
    folder = prepare(source).folder
    for name in ("manifest.parquet", "manifest.csv"):
        (folder / name).write_text("nothing")
    assert any("could not be read, so it was drawn anew" in note for note in prepare(source).facts.notes)


@pytest.fixture
def of_an_earlier_build(tmp_path):
    return Path(shutil.copytree(GOLDEN, tmp_path / "colours"))


def test_a_whole_data_set_of_an_earlier_build_has_no_damage(of_an_earlier_build):
    assert find_damage_in(of_an_earlier_build) == []


@pytest.mark.parametrize("spoil", [delete, cut])
def test_damaged_shards_of_an_earlier_build_are_found_without_checksums(of_an_earlier_build, spoil):
    spoil(of_an_earlier_build / "pictures/test-00000.arrow")
    assert any(one.file.startswith("pictures") for one in find_damage_in(of_an_earlier_build))
