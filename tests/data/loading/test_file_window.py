import gc
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from tests.data.sources.stores import counting, put_folder, refusing
from tests.factories import fault_of
from vitrine.data.loading.file_window import FILES_AT_A_TIME, FileWindow
from vitrine.data.loading.loaders import build_step_loader
from vitrine.data.loading.shard_batches import SHARDS_AT_A_TIME, ShardBatches, group_rows
from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.dataset import open_streamed
from vitrine.data.prepared.training_files import list_training_files
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError


@pytest.fixture
def streamed(in_many_files, put_in_store):
    return open_streamed(Path(put_in_store(in_many_files.folder)))


@pytest.fixture
def batches(streamed):
    return ShardBatches(group_rows(np.asarray(streamed.splits[TRAIN]["shard"])), 4, 0)


def window_of(streamed, batches, unread=0):
    return FileWindow(streamed.away, np.asarray(streamed.splits[TRAIN]["shard"]), batches, unread)


def fetched_files(window):
    """Numbers of the files that are in the folder of the window, not in the copy."""
    return {number for number, path in enumerate(window.paths) if ".streamed-" in str(path) and path.exists()}


@pytest.mark.parametrize("unread", [0, 3])
def test_files_are_there_when_they_are_needed_and_few_at_a_time(streamed, batches, unread):
    window, shard_of = window_of(streamed, batches, unread), np.asarray(streamed.splits[TRAIN]["shard"])
    assert len(window.paths) > 2 * FILES_AT_A_TIME
    given = []
    for epoch in range(2):
        batches.start(epoch)
        for batch in window:
            given.append(batch)
            for some in given[-1 - unread :]:  # what loader processes may be reading
                assert all(window.paths[number].exists() for number in shard_of[some])
            assert len(fetched_files(window)) <= FILES_AT_A_TIME + (SHARDS_AT_A_TIME if unread else 0)
        assert given[-len(batches) :] == list(batches)
        given.clear()


def test_what_an_order_needs_no_more_is_removed_and_what_it_needs_soon_is_not_fetched_again(
    streamed, batches, monkeypatch
):
    window = window_of(streamed, batches)
    next(iter(window))  # as a trial of a few steps does
    with counting(monkeypatch) as fetched:
        assert len(list(window)) == len(batches)
        assert len(fetched) == len(set(fetched)) < len(window.paths)
        batches.start(1)
        list(window)
    assert len(fetched_files(window)) <= FILES_AT_A_TIME


@pytest.mark.parametrize("workers", [0, 2])
def test_loaders_read_what_a_whole_copy_gives(in_many_files, streamed, batches, workers):
    whole = list(build_step_loader(in_many_files.splits[TRAIN], batches, 0))
    loader = build_step_loader(streamed.splits[TRAIN], batches, workers, streamed.away)
    for found, expected in zip(loader, whole, strict=True):
        assert all((found[name] == expected[name]).all() for name in expected)


def test_a_file_that_is_damaged_in_the_store_is_refused_when_it_is_needed(in_many_files, streamed, batches):
    name = list_training_files(in_many_files.facts)[-1]
    place = in_many_files.folder / name
    place.write_bytes(bytes(reversed(place.read_bytes())))
    put_folder(in_many_files.folder)
    with pytest.raises(UserError, match=f"memory://bucket is not whole: {name} does not hold what was written"):
        list(window_of(streamed, batches))


def test_a_store_that_fails_is_asked_again_by_the_next_pass(streamed, batches, monkeypatch):
    window = window_of(streamed, batches)
    with refusing(monkeypatch), pytest.raises(SourceLostError, match="renew them; then go on with the training"):
        list(window)
    assert len(list(window)) == len(batches)


def test_too_little_room_is_told_at_once(streamed, batches, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(100))
    fault = fault_of(window_of, streamed, batches)
    assert fault.startswith("engine.reading=streamed: what is fetched of memory://bucket at a time takes")
    assert "make room, or set XDG_CACHE_HOME" in fault


def test_the_folder_goes_with_the_window_and_a_killed_process_leaves_none_for_long(streamed, batches):
    root = streamed.folder.parent
    left = root / ".streamed-left"
    left.mkdir()
    (left / "lock").touch()
    window = window_of(streamed, batches)
    other = window_of(streamed, batches)
    assert not left.exists()
    assert len(list(root.glob(".streamed-*"))) == 2  # each keeps its own
    del window, other
    gc.collect()
    assert not list(root.glob(".streamed-*"))
