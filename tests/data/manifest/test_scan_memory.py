"""What has not changed since an earlier scan is not read again."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE
from vitrine.data.manifest.scan import scan_files
from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.sources.class_folders import find_files
from vitrine.data.sources.places import UNKNOWN_SIZE, UNKNOWN_TIME, FileBelow, ListedStatus


def test_what_has_not_changed_is_not_read_again_unless_it_could_not_be_read(make_class_folders, tmp_path, monkeypatch):
    source = make_class_folders({"a": 3, "b": 2})
    (source / "a" / "text.jpg").write_text("no picture")
    first = scan_files(find_files(source), 150)
    first.write(tmp_path)
    (source / "a" / "001.png").write_bytes((source / "b" / "001.png").read_bytes())
    (source / "b" / "new.png").write_bytes((source / "b" / "001.png").read_bytes())
    opened = FileBelow.open
    seen = []
    monkeypatch.setattr(FileBelow, "open", lambda place, mode: seen.append(place.file[2:]) or opened(place, mode))
    memory = ScanMemory.read([tmp_path])
    seen.clear()
    second = scan_files(find_files(source), 150, memory=memory)
    assert sorted(seen) == ["001.png", "new.png", "text.jpg"]
    monkeypatch.undo()
    afresh = scan_files(find_files(source), 150)
    pd.testing.assert_frame_equal(second.manifest, afresh.manifest)
    assert np.array_equal(second.thumbnails, afresh.thumbnails)
    assert second.thumbnails.shape == (7, *THUMBNAIL_SHAPE)


def test_a_damaged_memory_is_none(tmp_path):
    (tmp_path / "manifest.parquet").write_bytes(b"damaged")
    (tmp_path / "thumbnails.npy").write_bytes(b"damaged")
    assert ScanMemory.read([tmp_path, tmp_path / "missing"]).scans == ()


def test_a_file_whose_store_tells_no_time_is_read_again(make_class_folders, tmp_path):
    folder = make_class_folders({"a": 2})
    found = [replace(one, path=Untold(one.path)) for one in find_files(folder)]
    scanned = scan_files(found, 150)
    scanned.write(tmp_path)
    assert scanned.manifest["size_bytes"].tolist() == [one.path.path.stat().st_size for one in found]
    assert ScanMemory.read([tmp_path]).find(found[0]) is None


@dataclass(frozen=True)
class Untold:
    """A place that tells neither size nor time, as a web server does."""

    path: Path

    def stat(self):
        return ListedStatus(UNKNOWN_SIZE, UNKNOWN_TIME)

    def open(self, mode):
        return self.path.open(mode)


def test_the_newest_folder_that_knows_a_file_counts(make_class_folders, tmp_path):
    source = make_class_folders({"a": 2, "b": 1})
    for name, files in (("older", find_files(source)), ("newer", find_files(source)[:1])):
        (tmp_path / name).mkdir()
        scan_files(files, 150).write(tmp_path / name)
    memory = ScanMemory.read([tmp_path / "newer", tmp_path / "older"])
    whole = scan_files(find_files(source), 150)
    for place, found in enumerate(find_files(source)):
        row, thumbnail = memory.find(found)
        assert row == whole.manifest.iloc[place].to_dict()
        assert np.array_equal(thumbnail, whole.thumbnails[place])
        assert memory.always_saw(found.file, row["sha256"])
    assert [len(scan.manifest) for scan in memory.scans] == [1, 3]
    assert not memory.always_saw("nowhere", "")


def test_a_content_that_changed_between_two_scans_is_not_the_one_of_what_was_made_before(make_class_folders, tmp_path):
    source = make_class_folders({"a": 2})
    seen = []
    for name in ("older", "newer"):
        (tmp_path / name).mkdir()
        scan = scan_files(find_files(source), 150)
        scan.write(tmp_path / name)
        seen.append(scan.manifest["sha256"].tolist())
        (source / "a" / "001.png").write_bytes((source / "a" / "000.png").read_bytes())
    memory = ScanMemory.read([tmp_path / "newer", tmp_path / "older"])
    assert memory.always_saw("a/000.png", seen[1][0])
    assert [memory.always_saw("a/001.png", one[1]) for one in seen] == [False, False]
