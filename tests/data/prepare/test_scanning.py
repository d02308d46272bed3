"""What a preparation reads, in this process or by shards."""

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import draw_shape
from tests.data.sources.stores import put_folder, refusing
from tests.data.trees import settings_for
from vitrine.data.manifest.scan_memory import NO_MEMORY, ScanMemory
from vitrine.data.prepare import scanning
from vitrine.data.prepare.preprocessed_shards import PreprocessedShard
from vitrine.data.prepare.scanning import Spread, list_pictures, scan_pictures, scan_share
from vitrine.data.progress import no_progress
from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.places import SourceLostError


class Here:
    """An engine that does its share in this process: each second shard, or all."""

    def __init__(self, start=0, step=1):
        self.start, self.step = start, step

    def share(self, works):
        return works[self.start :: self.step]

    def run(self, works):
        for work in self.share(works):
            if not work.is_done():
                work.do()
            yield work


@pytest.fixture
def settings(make_class_folders, monkeypatch):
    monkeypatch.setattr(scanning, "choose_shard_size", lambda _: 3)
    return settings_for(make_class_folders({"cat": 5, "dog": 4}))


def scan(settings, folder, spread=None, told=no_progress):
    listed = list_pictures(settings, folder / "unpacked")
    return scan_pictures(listed, settings, NO_MEMORY, folder, told, spread)


def test_the_pictures_of_a_source_have_their_labels(settings, tmp_path):
    listed = list_pictures(settings, tmp_path)
    assert len(listed.found) == len(listed.to_scan) == 9
    assert {file.label_name for file in listed.to_scan} == {"cat", "dog"}
    assert not listed.brought


def test_few_pictures_are_read_by_threads_and_no_shards_of_them_are_kept(settings, tmp_path):
    parts = tmp_path / "parts"
    scan(settings, tmp_path, Spread(Here(), parts, least_files=10))
    assert not parts.exists()
    scan(settings, tmp_path, Spread(Here(), parts, least_files=9))
    assert list(parts.glob("*.parquet"))


def test_a_scan_by_shards_sees_what_a_scan_by_threads_sees(settings, tmp_path):
    told = []
    whole = scan(settings, tmp_path, told=lambda *words, faults: told.append((*words, faults)))
    by_shards = scan(settings, tmp_path, Spread(Here(), tmp_path / "parts"))
    pd.testing.assert_frame_equal(by_shards.manifest, whole.manifest)
    assert told[-1] == ("checking", 9, 9, 0)


def test_a_scan_by_shards_whose_credentials_expire_goes_on_from_its_last_whole_shard(settings, tmp_path, monkeypatch):
    pictures = Path(settings.data.source)
    settings = settings_for(put_folder(pictures))
    spread = Spread(Here(), tmp_path / "parts")
    with refusing(monkeypatch, after=7), pytest.raises(SourceLostError, match=r"renew them; .*: what was done is kept"):
        scan(settings, tmp_path, spread)
    kept = len(list((tmp_path / "parts").glob("*.parquet")))
    read, opened = [], RemoteFile.open
    monkeypatch.setattr(RemoteFile, "open", lambda place, mode: read.append(place) or opened(place, mode))
    assert scan(settings, tmp_path, spread).manifest["status"].tolist() == ["kept"] * 9
    assert 0 < kept < len(list((tmp_path / "parts").glob("*.parquet")))
    assert len(read) < 9


def test_each_rank_does_its_share_and_the_last_one_says_that_all_is_done(settings, tmp_path):
    parts = tmp_path / "parts"
    assert not scan_share(settings, NO_MEMORY, Spread(Here(0, 2), parts), no_progress)
    assert scan_share(settings, NO_MEMORY, Spread(Here(1, 2), parts), no_progress)
    assert not list(parts.glob("unpacked_*"))


def test_ranks_do_not_read_again_what_earlier_scans_know(settings, tmp_path):
    scan(settings, tmp_path).write(tmp_path)
    memory, parts = ScanMemory.read([tmp_path]), tmp_path / "parts"
    assert scan_share(settings, memory, Spread(Here(), parts), no_progress)
    draw_shape(0, 30).save(Path(settings.data.source) / "cat" / "new.png")
    told = []
    assert scan_share(settings, memory, Spread(Here(), parts), lambda *words, faults: told.append(words))
    assert told == [("checking", 1, 1)]
    assert len(list(parts.glob("*.parquet"))) == 1


def test_what_makes_preprocessed_images_is_imported_for_the_processes_that_scan(settings, tmp_path, monkeypatch):
    ahead = []
    monkeypatch.setattr(scanning, "import_ahead", ahead.append)
    scan(settings, tmp_path)
    assert ahead == []
    scan(settings, tmp_path, Spread(Here(), tmp_path / "parts"))
    assert ahead == [PreprocessedShard.__module__]
