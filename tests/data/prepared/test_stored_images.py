"""Pictures of an earlier preparation: found by their files, and taken over whole."""

import pytest

from tests.data.prepared.grays import LABELS, picture, write
from vitrine.data.prepared import stored_images
from vitrine.data.prepared.stored_images import StoredImages


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
    assert stored.link_unchanged(tmp_path / "new", "train", [("2.png", 1), ("1.png", 0)], LABELS, 4).all()
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
    linked = stored.link_unchanged(tmp_path / "new", "train", wanted, LABELS, 4)
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
    assert not stored.link_unchanged(tmp_path / "new", split, wanted.items(), label_names, 4).any()
    assert list((tmp_path / "new").iterdir()) == []


def test_many_short_shards_are_written_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_images, "MOST_SHORT_SHARDS", 1)
    folders = [write(tmp_path / name, [f"{name}.png"]) for name in ("a", "b")]
    (tmp_path / "new").mkdir()
    stored = StoredImages.open(folders)
    assert not stored.link_unchanged(tmp_path / "new", "train", [("a.png", 0), ("b.png", 0)], LABELS, 4).any()


def test_full_shards_are_linked_whatever_becomes_of_the_short_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_images, "MOST_SHORT_SHARDS", 0)
    monkeypatch.setattr(stored_images, "rows_per_shard", lambda _: 2)
    stored = StoredImages.open([write(tmp_path / "a", ["1.png", "2.png"]), write(tmp_path / "b", ["3.png"])])
    (tmp_path / "new").mkdir()
    wanted = [("1.png", 0), ("2.png", 1), ("3.png", 0)]
    assert stored.link_unchanged(tmp_path / "new", "train", wanted, LABELS, 4).tolist() == [True, True, False]


def test_where_a_stored_image_lies_is_told(tmp_path):
    folder = write(tmp_path / "a", ["1.png", "2.png"])
    stored = StoredImages.open([folder])
    assert stored.locate("2.png") == (folder / "train-00000.arrow", 1)
    assert stored.locate("3.png") is None
