"""The squares of a data set: what a picture that is lost in between, or a full disk, costs."""

import errno
import shutil
from contextlib import ExitStack
from pathlib import Path

import datasets
import pytest

from tests.data.sources.stores import fill, refusing
from tests.data.trees import prepare, settings_for
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.manifest import scan
from vitrine.data.prepare import preprocessed_images
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.preprocessed_shards import PictureLostError
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.prepared.shards import ShardWriter, list_shards
from vitrine.data.progress import no_progress
from vitrine.data.sources.places import FileBelow
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest


@pytest.fixture
def read(monkeypatch):
    """The files that a scan reads."""
    files = []
    original = scan._scan_file
    monkeypatch.setattr(scan, "_scan_file", lambda found, limit: files.append(found.file) or original(found, limit))
    return files


@pytest.fixture
def resized(monkeypatch):
    """The files that are made squares of."""
    files = []
    original = preprocessed_images.preprocess_file
    monkeypatch.setattr(
        preprocessed_images,
        "preprocess_file",
        lambda found, *given: files.append(found.file) or original(found, *given),
    )
    return files


def test_a_disk_without_room_is_told_before_anything_is_resized(source, monkeypatch, resized):
    usage = shutil.disk_usage(source)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UserError, match=r"data\.prepared: what is prepared takes 0\.0 GB, .*image_size"):
        prepare(source)
    assert resized == []


def test_a_disk_that_is_full_costs_neither_the_scan_nor_what_was_written(source, monkeypatch, read, resized):
    written, write = [], ShardWriter.write

    def fill(writer, *given):
        if len(written) == 25:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(given[2])
        write(writer, *given)

    with monkeypatch.context() as full:
        full.setattr(ShardWriter, "write", fill)
        with pytest.raises(OSError, match="No space left"):
            prepare(source)
    read.clear()
    resized.clear()
    assert prepare(source).facts.files_kept == 40
    assert read == []
    assert len(resized) == 15
    assert set(resized).isdisjoint(written)


def test_a_picture_that_vanishes_after_the_check_ends_with_its_name_and_costs_itself_alone(source, read):
    gone = one_that_is_resized_late(source)

    def spoil(what, done, total, faults=0):
        if (what, done) == ("resizing", 3):
            (source / gone).unlink()

    said = rf"{gone} changed while it was read \(.*\); give the same command again: what was done is kept"
    with pytest.raises(PictureLostError, match=said):
        write_final(source, settings_for(source), spoil)
    read.clear()
    assert write_final(source, settings_for(source)).files_found == 39
    assert read == []


def test_a_picture_that_its_store_refuses_once_costs_itself_alone(source, monkeypatch, read):
    settings = settings_for(fill({str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.png")}))
    refused = one_that_is_resized_late(source)
    with ExitStack() as stack:

        def spoil(what, done, total, faults=0):
            if (what, done) == ("resizing", 3):
                stack.enter_context(refusing(monkeypatch, only=refused))

        with pytest.raises(PictureLostError, match=r"cannot be fetched \(ExpiredToken"):
            write_final(source, settings, spoil)
    read.clear()
    assert write_final(source, settings).files_kept == 40
    assert read == [refused]


def one_that_is_resized_late(source):
    """A picture that nobody has read ahead when the first are resized."""
    manifest = read_manifest(prepare(source).folder)
    return manifest.loc[manifest["split"] == "test", "file"].max()


def write_final(source, settings, progress=no_progress):
    with working_folder(source.with_name("final")) as folder:
        return write_prepared(folder, "x", settings, progress)


def test_a_picture_that_its_disk_does_not_give_any_more_is_quarantined_by_the_next_call(source, monkeypatch, resized):
    broken = source / "cat" / "004.png"
    opened = FileBelow.open

    def refuse(place, mode):
        if place.file.endswith("cat/004.png") and resized:
            raise OSError(errno.EIO, "Input/output error")
        return opened(place, mode)

    def open_broken(path, *given):
        if Path(path) == broken:
            raise ImageError("the disk cannot read it")
        return open_image(path, *given)

    monkeypatch.setattr(FileBelow, "open", refuse)
    monkeypatch.setattr("vitrine.data.sources.opening.open_image", open_broken)
    with pytest.raises(PictureLostError, match="the disk cannot read it"):
        prepare(source)
    facts = prepare(source).facts
    assert (facts.files_kept, facts.files_quarantined) == (39, 1)
    manifest = read_manifest(source.with_name("pictures_prepared")).set_index("file")
    assert manifest.loc["cat/004.png", "reason"] == "input/output error"


def test_files_of_training_pictures_hold_all_classes_and_those_of_other_splits_are_in_order(
    make_class_folders, monkeypatch
):
    monkeypatch.setattr("vitrine.data.prepared.shards.SHARD_BYTES", 1)
    monkeypatch.setattr("vitrine.data.prepared.shards.BATCH_BYTES", 10 * 868)
    prepared = prepare(make_class_folders({"cat": 50, "dog": 50}))
    pictures = prepared.folder / "pictures"
    files = [datasets.Dataset.from_file(str(path)) for path in list_shards(pictures, "train")]
    assert len(files) > 3
    assert all(set(file["label"]) == {0, 1} for file in files)
    (first, *_) = (datasets.Dataset.from_file(str(path)) for path in list_shards(pictures, "test"))
    assert first["file"][:] == sorted(prepared.splits["test"]["file"])[: len(first)]
    assert prepared.splits["train"]["file"][:] == sorted(prepared.splits["train"]["file"])
