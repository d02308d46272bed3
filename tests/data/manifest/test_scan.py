"""One row per file: kept, quarantined or left out, and why."""

import errno
import hashlib
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vitrine.data.checks.fingerprints import fingerprint
from vitrine.data.images.decoding import open_image
from vitrine.data.manifest.scan import count_status, scan_files
from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.sources.class_folders import find_files
from vitrine.data.sources.places import FileBelow
from vitrine.records.manifest import COLUMNS

# An empty file, a text, and pictures of which the beginning alone is left.
BROKEN = (b"", b"no picture at all", b"\xff\xd8\xff\xe0broken", b"\x89PNG\r\n\x1a\n")


def scan(source, max_megapixels=150):
    manifest = scan_files(find_files(source), max_megapixels).manifest
    return manifest.set_index("file", drop=False)


def test_a_sound_picture_is_kept_with_what_is_known_of_it(make_class_folders):
    source = make_class_folders({"a": 2})
    row = scan(source).loc["a/001.png"]
    content = (source / "a/001.png").read_bytes()
    looks = fingerprint(open_image(source / "a/001.png"))
    assert row.to_dict() == {
        "file": "a/001.png",
        "label_name": "a",
        "source_label": "a",
        "split": "",
        "group": "",
        "subgroup": "",
        "fold": -1,
        "copy_of": "",
        "compared": False,
        "status": "kept",
        "reason": "",
        "sha256": hashlib.sha256(content).hexdigest(),
        "perceptual_hash": looks.perceptual_hash,
        "contrast": pytest.approx(looks.contrast),
        "width": 24,
        "height": 20,
        "mode": "RGB",
        "format": "PNG",
        "size_bytes": len(content),
        "modified_ns": (source / "a/001.png").stat().st_mtime_ns,
        "taken": "",
        "note": "",
    }


def test_awkward_pictures_are_all_kept_with_their_upright_size(tmp_path, awkward_pictures):
    (tmp_path / "a").symlink_to(awkward_pictures)
    manifest = scan(tmp_path)
    assert set(manifest["status"]) == {"kept"}
    assert all(manifest.loc[f"a/exif_{number}.jpg", ["width", "height"]].tolist() == [60, 40] for number in range(1, 9))
    assert manifest.loc["a/huge.jpg", ["width", "height"]].tolist() == [6000, 4000]
    assert manifest.loc["a/grey_16_bit.png", "mode"] == "I;16"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_every_broken_file_is_quarantined_with_its_reason(make_class_folders):
    folder = make_class_folders({"a": 1}) / "a"
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    picture.save(folder / "whole.jpg")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:-200])
    (folder / "text.jpg").write_text("no picture")
    (folder / "zero.jpg").touch()
    (folder / "dead.jpg").symlink_to("nowhere.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "zero_device.jpg").symlink_to("/dev/zero")
    manifest = scan(folder.parent)
    assert manifest.loc[manifest["status"] != "kept", "reason"].to_dict() == {
        "a/cut.jpg": "the file is cut short",
        "a/text.jpg": "a text, not a picture; get the picture again",
        "a/zero.jpg": "the file is empty",
        "a/dead.jpg": "a link to a file that is not there",
        "a/loop.jpg": "too many levels of symbolic links",
        "a/pipe.jpg": "a pipe or device, not a file",
        "a/zero_device.jpg": "a pipe or device, not a file",
    }
    assert set(manifest.loc[manifest["status"] != "kept", "status"]) == {"quarantined"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (OSError(5, "Input/output error"), "input/output error"),
        (FileNotFoundError(2, "No such file"), "the file is not there"),
    ],
)
def test_a_file_that_cannot_be_read_is_quarantined_and_the_others_are_kept(
    make_class_folders, monkeypatch, error, reason
):
    source = make_class_folders({"a": 3})
    opened = FileBelow.open

    def refuse(place, mode):
        if place.file == "a/001.png":
            raise error
        return opened(place, mode)

    monkeypatch.setattr(FileBelow, "open", refuse)
    manifest = scan(source)
    assert manifest["status"].tolist() == ["kept", "quarantined", "kept"]
    assert manifest.loc["a/001.png", "reason"] == reason


def test_a_folder_whose_files_may_not_be_looked_at_ends_nothing(make_class_folders, monkeypatch):
    source = make_class_folders({"a": 2})

    def refuse(place):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileBelow, "stat", refuse)
    assert scan(source)["reason"].tolist() == ["permission denied"] * 2


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_100_megapixels_are_used_and_the_limit_is_named_beyond(tmp_path):
    (tmp_path / "a").mkdir()
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "a" / "large.png")
    assert scan(tmp_path).loc["a/large.png", ["status", "width"]].tolist() == ["kept", 10_000]
    row = scan(tmp_path, max_megapixels=99).loc["a/large.png"]
    assert (row["status"], row["reason"]) == ("quarantined", "100 megapixels; the limit is 99")


def test_left_out_files_are_not_opened(make_class_folders, monkeypatch):
    source = make_class_folders({"a": 1})
    (source / "a" / "notes.txt").write_text("x")
    (source / ".hidden.png").write_text("x")
    opened = FileBelow.open
    seen = []
    monkeypatch.setattr(FileBelow, "open", lambda place, mode: seen.append(place.file[2:]) or opened(place, mode))
    manifest = scan(source)
    assert seen == ["000.png"]
    assert manifest.loc[["a/notes.txt", ".hidden.png"], "status"].tolist() == ["left_out"] * 2


def test_rows_come_in_the_order_of_the_files_and_progress_counts_each(make_class_folders):
    source = make_class_folders({"a": 70, "b": 70})
    for number in (3, 40):
        (source / f"a/{number:03}.png").write_bytes(b"no picture")
    found = find_files(source)
    counted = []
    manifest = scan_files(found, 150, lambda *numbers: counted.append(numbers)).manifest
    assert manifest["file"].tolist() == [file.file for file in found]
    assert np.sum(counted, axis=0).tolist() == [140, 2]


def test_an_interrupt_does_not_wait_for_all_pictures(make_class_folders, monkeypatch):
    found = find_files(make_class_folders({"a": 400}))
    opened = type(found[0].path).open
    seen = []
    monkeypatch.setattr(
        type(found[0].path), "open", lambda path, *given, **named: seen.append(path) or opened(path, *given, **named)
    )

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_files(found, 150, interrupt)
    assert len(seen) < 200
    assert threading.active_count() < 50


def test_a_source_without_a_picture_gives_a_manifest_of_the_same_columns(tmp_path):
    (tmp_path / "notes.txt").touch()
    manifest = scan_files(find_files(tmp_path), 150).manifest
    assert list(manifest.columns) == list(COLUMNS)
    assert manifest["size_bytes"].dtype == "int64"


def test_a_row_of_no_known_status_is_an_error_of_ours():
    with pytest.raises(AssertionError, match="2 files found, but"):
        count_status(pd.DataFrame({"status": ["kept", "lost"]}))


def test_an_interrupted_scan_hands_over_what_it_has(make_class_folders, tmp_path):
    found = find_files(make_class_folders({"a": 100}))

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_files(found, 150, interrupt, save=lambda scan: scan.write(tmp_path))
    memory = ScanMemory.read([tmp_path])
    assert 0 < len(memory.scans[0].manifest) < 100
    assert memory.find(found[0])[0] == scan(Path(found[0].path).parents[1]).iloc[0].to_dict()


def test_a_large_file_gives_the_same_row_as_when_it_is_read_at_once(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    Image.new("RGB", (40, 30), (200, 90, 30)).save(tmp_path / "a/scene.png")
    (tmp_path / "a/film.jpg").write_bytes(b"\0\0\0\x18ftypqt  " + bytes(3000))
    at_once = scan(tmp_path)
    monkeypatch.setattr("vitrine.data.manifest.scan.MOST_IN_MEMORY", 10)
    pd.testing.assert_frame_equal(scan(tmp_path), at_once)
    assert at_once["status"].to_dict() == {"a/film.jpg": "quarantined", "a/scene.png": "kept"}


def test_a_full_disk_is_told_before_anything_is_mapped(make_class_folders, tmp_path, monkeypatch):
    found = find_files(make_class_folders({"a": 2}))
    (tmp_path / "scratch").mkdir()
    on_disk, in_memory = scan_files(found, 150, scratch=tmp_path / "scratch"), scan_files(found, 150)
    assert np.array_equal(on_disk.thumbnails, in_memory.thumbnails)
    assert list((tmp_path / "scratch").iterdir()) == []

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space left"):
        scan_files(found, 150, scratch=tmp_path / "scratch")


@pytest.mark.slow
def test_memory_is_flat_in_ten_thousand_broken_files(tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.data.manifest.scan.ROWS_AT_ONCE", 500)
    for number in range(10_000):
        (tmp_path / f"{number:05}.jpg").write_bytes(BROKEN[number % len(BROKEN)])
    found = find_files(tmp_path)
    assert len(found) == 10_000
    peaks = []
    for files in (found[:100], found[:2_000], found):  # the first one imports what is needed
        tracemalloc.start()
        scan_files(files, 150, scratch=tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 8_000 * 300  # bytes


def test_a_long_run_of_broken_files_is_accounted_for_one_by_one(make_class_folders, tmp_path, monkeypatch):
    source = make_class_folders({"a": 1})
    for number in range(300):
        (source / "a" / f"broken {number:03}.jpg").touch()
    monkeypatch.setattr("vitrine.data.manifest.scan.ROWS_AT_ONCE", 40)
    manifest = scan_files(find_files(source), 150, scratch=tmp_path).manifest
    assert count_status(manifest) == {"kept": 1, "quarantined": 300, "left_out": 0}
    assert set(manifest.loc[manifest["status"] == "quarantined", "reason"]) == {"the file is empty"}
