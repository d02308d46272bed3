"""Pictures on the disk: written in parts of a bounded size, read in the order of their names, taken over whole."""

import io
from contextlib import contextmanager

import pytest
from PIL import Image

from vitrine.data.prepared import shards
from vitrine.data.prepared.shards import (
    ShardWriter,
    StoredImages,
    bytes_per_image,
    list_shards,
    open_shards,
    read_side,
    rows_per_batch,
    rows_per_shard,
)

LABELS = ("cat", "dog")


def picture(level, side=4):
    """A stored picture of one gray."""
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (level, level, level)).save(stream, "PPM")
    return stream.getvalue()


def write(folder, files, split="train"):
    """The place in the list is the gray; cats and dogs take turns."""
    folder.mkdir(exist_ok=True)
    with ShardWriter(folder, split, LABELS, 4) as writer:
        for number, file in enumerate(files):
            writer.write(picture(number), number % 2, file, 40 + number, 30)
    return folder


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


def test_a_stored_picture_is_found_by_its_file_and_a_damaged_shard_is_passed_over(tmp_path):
    first, second = write(tmp_path / "a", ["1.png", "2.png"]), write(tmp_path / "b", ["3.png"])
    next(second.glob("*.arrow")).write_bytes(b"cut short")
    stored = StoredImages.open([first, second])
    assert [name in stored.rows for name in ("1.png", "2.png", "3.png")] == [True, True, False]
    assert stored.read("2.png") == picture(1)
    assert stored.read("3.png") is None


def test_a_shard_is_linked_where_all_of_it_is_wanted_as_it_is(tmp_path):
    stored = StoredImages.open([write(tmp_path / "a", ["1.png", "2.png"])])
    (tmp_path / "new").mkdir()
    assert stored.link_unchanged(tmp_path / "new", "train", [("2.png", 1), ("1.png", 0)], LABELS).all()
    (linked,) = (tmp_path / "new").iterdir()
    assert linked.name == "train-00000.arrow"
    assert linked.stat().st_ino == next((tmp_path / "a").iterdir()).stat().st_ino


def test_of_several_shards_the_last_that_holds_a_file_counts_and_only_whole_ones_are_linked(tmp_path):
    older, newer = write(tmp_path / "a", ["1.png", "2.png"]), write(tmp_path / "b", ["1.png"])
    third = write(tmp_path / "c", ["3.png", "4.png"])
    stored = StoredImages.open([older, newer, third])
    assert [stored.read(f"{number}.png") for number in (1, 2, 3, 4)] == [picture(0), picture(1), picture(0), picture(1)]
    (tmp_path / "new").mkdir()
    wanted = [("4.png", 1), ("5.png", 0), ("1.png", 0), ("3.png", 0), ("2.png", 1)]
    linked = stored.link_unchanged(tmp_path / "new", "train", wanted, LABELS)
    assert linked.tolist() == [True, False, True, True, False]  # the older shard has a picture that another replaced
    inodes = [path.stat().st_ino for path in sorted((tmp_path / "new").iterdir())]
    assert inodes == [next(folder.iterdir()).stat().st_ino for folder in (newer, third)]


@pytest.mark.parametrize(
    ("split", "wanted", "label_names"),
    [
        ("train", {"1.png": 0}, LABELS),
        ("train", {"1.png": 0, "2.png": 0}, LABELS),
        ("train", {"1.png": 0, "2.png": -1}, LABELS),
        ("test", {"1.png": 0, "2.png": 1}, LABELS),
        ("train", {"1.png": 0, "2.png": 1}, ("cat", "dog", "owl")),
    ],
    ids=["a picture is gone", "a label is another", "one has changed", "another split", "other classes"],
)
def test_a_shard_that_is_not_wanted_whole_is_not_linked(tmp_path, split, wanted, label_names):
    stored = StoredImages.open([write(tmp_path / "a", ["1.png", "2.png"])])
    (tmp_path / "new").mkdir()
    assert not stored.link_unchanged(tmp_path / "new", split, wanted.items(), label_names).any()
    assert list((tmp_path / "new").iterdir()) == []


def test_many_short_shards_are_written_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "MOST_SHORT_SHARDS", 1)
    folders = [write(tmp_path / name, [f"{name}.png"]) for name in ("a", "b")]
    (tmp_path / "new").mkdir()
    stored = StoredImages.open(folders)
    assert not stored.link_unchanged(tmp_path / "new", "train", [("a.png", 0), ("b.png", 0)], LABELS).any()
