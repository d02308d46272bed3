"""Pictures on the disk: written in parts of a bounded size, read in the order of their names."""

from contextlib import contextmanager

import pytest

from tests.data.prepared.grays import LABELS, picture, write
from vitrine.data.prepared import shards
from vitrine.data.prepared.shards import (
    bytes_per_image,
    list_shards,
    open_shards,
    read_side,
    rows_per_batch,
    rows_per_shard,
)
from vitrine.data.prepared.stored_images import StoredImages


def test_rows_come_back_in_the_order_of_their_names_with_their_pixels(tmp_path):
    rows = open_shards(write(tmp_path / "a", ["b.png", "c.png", "a.png"]), "train", LABELS)
    assert rows["file"][:] == ["a.png", "b.png", "c.png"]
    assert [row["image"].getpixel((0, 0))[0] for row in rows] == [2, 0, 1]
    assert (rows["label"][:], rows["width"][:], rows["height"][:]) == ([0, 0, 1], [42, 40, 41], [30, 30, 30])
    assert rows.features["label"].names == list(LABELS)


def test_a_split_without_pictures_has_no_file_and_no_rows_but_all_columns(tmp_path):
    write(tmp_path / "a", [])
    assert list_shards(tmp_path / "a", "train") == []
    rows = open_shards(tmp_path / "a", "train", LABELS)
    assert (len(rows), rows.column_names) == (0, ["image", "label", "file", "width", "height"])


def test_a_full_file_is_closed_and_the_next_one_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)
    monkeypatch.setattr(shards, "BATCH_BYTES", 16 * bytes_per_image(4))
    files = [f"{number:02d}.png" for number in range(2 * 16 + 3)]
    write(tmp_path / "a", files)
    assert [path.name for path in list_shards(tmp_path / "a", "train")] == [
        f"train-{number:05d}.arrow" for number in range(3)
    ]
    assert open_shards(tmp_path / "a", "train", LABELS)["file"][:] == files


@contextmanager
def room_for(size_bytes):
    """No file may grow beyond a size, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("part", [0.1, 0.9])
def test_what_was_written_before_the_disk_was_full_can_be_read(tmp_path, monkeypatch, part):
    monkeypatch.setattr(shards, "BATCH_BYTES", 8 * bytes_per_image(4))
    files = [f"{number:02d}.png" for number in range(40)]
    whole = [list_shards(write(tmp_path / f"{count}", files[:count]), "train")[0].stat().st_size for count in (24, 32)]
    room = round(whole[0] + part * (whole[1] - whole[0]))
    with room_for(room), pytest.raises(OSError, match="writing"):
        write(tmp_path / "full", files)
    stored = StoredImages.open([tmp_path / "full"])
    assert [stored.read(file) for file in files] == [picture(number) for number in range(24)] + [None] * 16


def test_sizes_follow_from_the_side():
    assert bytes_per_image(224) == 150_628
    assert rows_per_shard(224) == 1_699
    assert [rows_per_batch(side) for side in (16, 224, 1024, 100_000)] == [11_520, 66, 3, 1]
    assert rows_per_shard(100_000) == 1
    assert [read_side(picture(0, side)) for side in (4, 224, 1024)] == [4, 224, 1024]
