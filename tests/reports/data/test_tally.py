import numpy as np
import pandas as pd
import pytest

from tests.records.test_manifest import make_manifest
from vitrine.records.manifest import write_manifest
from vitrine.reports.data.tally import count_manifest

ROWS = {
    "file": [f"{place}.png" for place in range(8)],
    "label_name": ["dog", "cat", "dog", "", "cat", "dog", "", "cat"],
    "status": ["kept", "kept", "kept", "left_out", "quarantined", "kept", "left_out", "quarantined"],
    "reason": ["", "", "", "no class", "cut short", "", "no class", "empty"],
    "split": ["train", "test", "train", "", "", "test", "", ""],
    "copy_of": ["0.png", "", "0.png", "", "", "", "", ""],
    "width": [10, 20, 30, 0, 0, 40, 0, 0],
    "height": [1, 2, 3, 0, 0, 4, 0, 0],
    "size_bytes": [100, 200, 300, 7, 7, 400, 7, 7],
    "mode": ["L", "RGB", "RGB", "", "", "L", "", ""],
    "format": ["PNG", "JPEG", "JPEG", "", "", "JPEG", "", ""],
}


@pytest.fixture(params=[3, 100], ids=["in parts", "at once"])
def tally(request, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.records.manifest.ROWS_AT_ONCE", request.param)
    manifest = pd.concat([make_manifest()[:1]] * 8, ignore_index=True).assign(**ROWS)
    write_manifest(manifest, tmp_path / "manifest.parquet")
    return count_manifest(tmp_path, ["cat", "dog"], most_unused=3)


def test_each_row_has_its_class_where_it_is_kept(tally):
    assert tally.label_ids.tolist() == [1, 0, 1, -1, -1, 1, -1, -1]
    assert tally.label_ids.dtype == np.int32


def test_kept_pictures_alone_are_measured_and_counted(tally):
    assert tally.sizes.to_dict("list") == {
        "width": [10, 20, 30, 40],
        "height": [1, 2, 3, 4],
        "size_bytes": [100, 200, 300, 400],
    }
    assert list(tally.modes.items()) == [("L", 2), ("RGB", 2)]
    assert list(tally.formats.items()) == [("JPEG", 3), ("PNG", 1)]
    assert tally.copies.to_dict("list") == {"copy_of": ["0.png", "0.png"], "split": ["train", "train"]}


def test_the_first_unusable_files_are_listed_unreadable_ones_before_others(tally):
    assert tally.unused["file"].tolist() == ["4.png", "7.png", "3.png"]
    assert list(tally.reasons.items()) == [("no class", 2), ("cut short", 1), ("empty", 1)]


def test_a_manifest_without_rows_has_nothing_to_count(tmp_path):
    write_manifest(make_manifest()[:0], tmp_path / "manifest.parquet")
    tally = count_manifest(tmp_path, ["cat"], most_unused=3)
    assert not len(tally.label_ids)
    assert tally.unused.empty
    assert not tally.reasons
