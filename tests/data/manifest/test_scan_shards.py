from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.work.here import Here
from vitrine.data.manifest import scan as scan_module
from vitrine.data.manifest import scan_shards
from vitrine.data.manifest.scan import scan_files
from vitrine.data.manifest.scan_memory import NO_MEMORY, ScanMemory
from vitrine.data.manifest.scan_shards import choose_shard_size, cut_shards, scan_in_shards, shards_of
from vitrine.data.sources.class_folders import find_files
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.work.journal import Deaths
from vitrine.work.local import LocalPool
from vitrine.work.part import ENDED_READER
from vitrine.work.ranks import Ranks


@pytest.fixture
def found(make_class_folders):
    source = make_class_folders({"a": 5, "b": 4})
    (source / "a" / "000.png").write_bytes(b"no picture")
    return find_files(source)


@pytest.fixture(autouse=True)
def runs_of_equal_length(monkeypatch):
    """Where runs begin has tests of its own; here each has as many files as is asked for."""
    monkeypatch.setattr(
        scan_shards, "cut_runs", lambda names, size: [slice(at, at + size) for at in range(0, len([*names]), size)]
    )


def scan(found, folder, engine, memory=NO_MEMORY, size=2):
    return scan_in_shards(cut_shards(found, 150, folder, size, memory), folder, engine, memory=memory)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_a_scan_by_shards_is_the_scan_of_all_files(found, tmp_path):
    whole, by_shards = scan_files(found, 150), scan(found, tmp_path, Here())
    pd.testing.assert_frame_equal(by_shards.manifest, whole.manifest)
    assert (by_shards.thumbnails == whole.thumbnails).all()


@pytest.mark.slow
def test_parts_are_the_same_to_the_byte_whoever_makes_them(found, tmp_path):
    for name, engine in {"here": Here(), "one": LocalPool(1), "four": LocalPool(4)}.items():
        scan(found, tmp_path / name, engine)
    assert len(contents(tmp_path / "here")) == 5
    assert contents(tmp_path / "here") == contents(tmp_path / "one") == contents(tmp_path / "four")


def test_a_shard_that_is_done_is_not_read_again(found, tmp_path, monkeypatch):
    before = scan(found, tmp_path, Here())
    monkeypatch.setattr("vitrine.data.manifest.scan_shards.scan_files", lambda *_, **__: pytest.fail("read again"))
    pd.testing.assert_frame_equal(scan(found, tmp_path, Here()).manifest, before.manifest)


def test_a_part_that_a_disk_damaged_in_its_middle_is_made_once_more(found, tmp_path):
    before = scan(found, tmp_path, Here())
    sound = contents(tmp_path)
    damaged = min(sound)
    (tmp_path / damaged).write_bytes(sound[damaged][:4] + bytes(76) + sound[damaged][80:])
    pd.testing.assert_frame_equal(scan(found, tmp_path, Here()).manifest, before.manifest)
    assert contents(tmp_path) == sound


def test_a_shard_is_another_one_when_a_file_of_it_changes(found, tmp_path):
    before = [shard.path for shard in shards_of(cut_shards(found, 150, tmp_path, 2))]
    Path(found[3].path).write_bytes(b"something else")
    after = [shard.path for shard in shards_of(cut_shards(found, 150, tmp_path, 2))]
    assert [one != other for one, other in zip(before, after, strict=True)] == [False, True, False, False, False]
    assert cut_shards(found, 99, tmp_path, 2)[0].shard.path != after[0]


def test_labels_come_from_the_source_and_not_from_an_earlier_part(found, tmp_path):
    scan(found, tmp_path, Here())
    words = {"label_name": "other", "split": "test", "group": "one person", "subgroup": "face"}
    again = scan([replace(one, **words) for one in found], tmp_path, Here()).manifest
    assert {name: set(again[name]) for name in words} == {name: {word} for name, word in words.items()}


def test_files_that_earlier_scans_know_need_no_shard(found, tmp_path):
    (tmp_path / "prepared").mkdir()
    sound = found[1:]
    whole = scan_files(sound, 150)
    whole.write(tmp_path / "prepared")
    again = scan(sound, tmp_path / "parts", Here(), ScanMemory.read([tmp_path / "prepared"]))
    pd.testing.assert_frame_equal(again.manifest, whole.manifest)
    assert contents(tmp_path / "parts") == {}
    more = [*sound, replace(found[0], file="a/hidden.png", left_out="hidden")]  # never read, so nothing of it is known
    again = scan(more, tmp_path / "parts", Here(), ScanMemory.read([tmp_path / "prepared"]), size=len(more))
    assert again.manifest["reason"].tolist()[-1] == "hidden"
    assert contents(tmp_path / "parts") == {}


def test_of_files_that_earlier_scans_know_in_part_the_others_alone_are_read(found, tmp_path, monkeypatch):
    (tmp_path / "prepared").mkdir()
    scan_files([found[place] for place in (1, 2, 4, 7)], 150).write(tmp_path / "prepared")
    memory = ScanMemory.read([tmp_path / "prepared"])
    whole = scan_files(found, 150)
    read, told = [], []
    original = scan_module._scan_file
    monkeypatch.setattr(
        scan_module, "_scan_file", lambda one, limit: read.append(found.index(one)) or original(one, limit)
    )
    runs = cut_shards(found, 150, tmp_path / "parts", 5, memory)
    again = scan_in_shards(runs, tmp_path / "parts", Here(), lambda *words: told.append(words), memory)
    pd.testing.assert_frame_equal(again.manifest, whole.manifest)
    assert (again.thumbnails == whole.thumbnails).all()
    assert read == [0, 3, 5, 6, 8]
    assert told == [(4, 0), (2, 1), (3, 0)]


def test_ranks_do_their_shares_and_the_last_one_has_all(found, tmp_path):
    assert scan(found, tmp_path, Ranks(0, 2, 1)) is None
    assert len(contents(tmp_path)) == 3
    pd.testing.assert_frame_equal(scan(found, tmp_path, Ranks(1, 2, 1)).manifest, scan_files(found, 150).manifest)


def test_files_that_end_their_reader_are_quarantined_and_the_others_of_the_shard_kept(found, tmp_path):
    shard = cut_shards(found, 150, tmp_path, 3)[1].shard
    replace(shard, deaths=Deaths((1, 1))).do()
    table = pq.read_table(shard.path).to_pandas()  # the same part, whoever died
    assert table["status"].tolist() == ["kept", "quarantined", "kept"]
    assert table["reason"].tolist() == ["", ENDED_READER, ""]


def test_no_files_give_an_empty_manifest(tmp_path):
    assert len(scan([], tmp_path, Here()).manifest) == 0


class Sized:
    """A place that knows its size."""

    def __init__(self, size):
        self.size = size

    def stat(self):
        if self.size is None:
            raise FileNotFoundError
        return SimpleNamespace(st_size=self.size)


def sized(sizes):
    return FileColumns(FoundFile(Sized(size), f"{place}.jpg", "", "", "") for place, size in enumerate(sizes))


@pytest.mark.parametrize(
    ("sizes", "files"),
    [
        ([1_000] * 300, 2_000),
        ([26_000] * 300, 1_000),
        ([1_000_000, None, None] * 100, 31),
        ([*[1_000] * 30, *[2_000_000_000] * 3], 2_000),
        ([200_000_000], 1),
        ([None], 2_000),
        ([0], 2_000),
        ([], 2_000),
    ],
)
def test_a_shard_has_fewer_files_the_larger_they_are(sizes, files):
    assert choose_shard_size(sized(sizes)) == files


def test_one_more_file_leaves_the_shards_as_they_are():
    sizes = np.random.default_rng(0).integers(20_000, 400_000, 2_000).tolist()
    chosen = {choose_shard_size(sized(sizes[:count])) for count in range(1_900, 2_000)}
    assert len(chosen) == 1
