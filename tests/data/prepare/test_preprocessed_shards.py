"""Squares made by engines: the same files to the byte, whoever makes them, dies, or begins again."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.conftest import draw_shape
from tests.data.prepare.made_by_engines import contents, plan, write
from tests.work.here import Here
from vitrine.data.prepare import preprocessed_images, preprocessed_shards
from vitrine.data.prepare.preprocessed_shards import PictureLostError
from vitrine.data.prepare.reuse import INTERRUPTED, WHOLE_SHARDS
from vitrine.data.prepared import shards
from vitrine.data.prepared.dataset import open_prepared
from vitrine.data.prepared.shards import bytes_per_image
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest
from vitrine.work.dask import DaskCluster
from vitrine.work.journal import Deaths, Journal
from vitrine.work.local import LocalPool
from vitrine.work.unit import StuckError

ROWS = 8  # of a file; 28 pictures are for training, 6 for validation and for the test each


@pytest.fixture(autouse=True)
def short_files(monkeypatch):
    """Files of one batch each, so that processes, which know nothing of this, write them alike."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)
    monkeypatch.setattr(shards, "BATCH_BYTES", ROWS * bytes_per_image(16))


@pytest.fixture
def made(monkeypatch):
    """The files of which squares are made, by threads or in shards."""
    files = []
    original = preprocessed_shards.preprocess_file

    def make(found, *given):
        square = original(found, *given)
        files.append(found.file)
        return square

    for module in (preprocessed_images, preprocessed_shards):
        monkeypatch.setattr(module, "preprocess_file", make)
    return files


def stop_after(pictures):
    def progress(what, done, total, faults=0):
        if what == "resizing" and done >= pictures:
            raise KeyboardInterrupt

    return progress


def interrupt(source, pictures, engine, **changes):
    with pytest.raises(KeyboardInterrupt):
        write(source, engine, stop_after(pictures), **changes)


def test_an_engine_makes_the_files_that_threads_make(source, made):
    told = []
    by_threads = contents(write(source))
    made.clear()
    final = write(source, Here(), lambda what, *count, faults=0: told.append((what, *count)), name="by_shards")
    assert contents(final) == by_threads
    assert len(by_threads) == 6
    assert len(made) == 40
    assert [count[1:] for count in told if count[0] == "resizing"] == [(done, 40) for done in (8, 16, 24, 28, 34, 40)]
    assert not (final / WHOLE_SHARDS).exists()
    assert not (final / INTERRUPTED).exists()


def test_larger_images_for_training_and_other_pixels_are_made_alike(source):
    changes = {"training_size": 20, "preparation": {"resize": "crop"}}
    by_shards = contents(write(source, Here(), name="by_shards", **changes))
    assert by_shards == contents(write(source, **changes))
    assert by_shards != contents(write(source, name="plain"))


@pytest.mark.slow
@pytest.mark.parametrize("engine", [LocalPool(1), LocalPool(2), DaskCluster(workers=2)], ids=["one", "two", "dask"])
def test_processes_make_the_files_that_threads_make(source, engine, monkeypatch):
    if isinstance(engine, DaskCluster):
        pytest.importorskip("distributed")
    by_threads = contents(write(source))
    monkeypatch.chdir(source.parent)
    assert contents(write(Path(source.name), engine, name="by_processes")) == by_threads


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(source):
    by_threads = contents(write(source))
    killed = []

    def kill(what, done, total, faults=0):
        if what == "resizing" and not killed:
            killed.extend(one for one in psutil.Process().children(recursive=True) if not one.children())
            killed[-1].kill()

    assert contents(write(source, LocalPool(2), kill, name="by_processes")) == by_threads
    assert killed


@pytest.mark.parametrize("begin_with", [Here(), None], ids=["in shards", "by threads"])
@pytest.mark.parametrize("go_on_with", [Here(), None], ids=["in shards", "by threads"])
def test_what_was_made_before_an_interruption_is_not_made_again(source, made, begin_with, go_on_with):
    interrupt(source, 20, begin_with)
    begun = len(made)
    facts = open_prepared(write(source, go_on_with)).facts
    assert begun >= 20
    assert len(made) - begun == (40 - begun if begin_with else 20)
    assert facts.files_kept == 40


def test_going_on_after_any_interruption_gives_the_same_files(source):
    whole = contents(write(source, Here(), name="whole"))
    for pictures in (8, 28, 40):
        interrupt(source, pictures, Here())
    assert contents(write(source, Here())) == whole


def test_an_interruption_while_files_take_their_places_costs_nothing(source, made, monkeypatch):
    whole = contents(write(source, Here(), name="whole"))
    made.clear()
    with monkeypatch.context() as patch:
        linked, link = [], preprocessed_images.link_or_move

        def fail(*given):
            if len(linked) == 3:
                raise KeyboardInterrupt
            linked.append(link(*given))

        patch.setattr(preprocessed_images, "link_or_move", fail)
        with pytest.raises(KeyboardInterrupt):
            write(source, Here())
    assert contents(write(source, Here())) == whole
    assert len(made) == 40


def test_where_there_are_no_links_files_are_moved_and_an_interruption_costs_nothing(source, made, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    whole = contents(write(source, Here(), name="whole"))
    made.clear()
    with monkeypatch.context() as patch:
        patch.setattr(preprocessed_images, "link_or_move", lambda *_: next(iter(())))
        with pytest.raises(StopIteration):
            write(source, Here())
    assert contents(write(source, Here())) == whole
    assert len(made) == 40


def test_images_of_an_interrupted_preparation_serve_another_plan(source, made):
    interrupt(source, 28, Here())
    begun = set(made)
    draw_shape(0, 99).save(source / "cat" / "000 first.png")  # moves all others
    made.clear()
    assert len(open_prepared(write(source, Here())).splits["train"]) == 29
    assert not begun & set(made)


def test_a_second_preparation_makes_what_was_added_alone_and_links_what_it_can(source, made):
    folder = write(source, Here()) / "pictures"
    inode = (folder / "train-00000.arrow").stat().st_ino
    made.clear()
    draw_shape(0, 99).save(source / "cat" / "999 last.png")
    write(source, Here())
    assert made == ["cat/999 last.png"]
    assert (folder / "train-00000.arrow").stat().st_ino == inode


def test_stored_images_are_read_by_the_shards_that_need_them(source, made):
    write(source, Here())
    rows = read_manifest(source.with_name("final"))
    (source / rows.loc[rows["split"] == "train", "file"].iloc[0]).unlink()
    made.clear()
    final = write(source, Here())
    assert made == []
    assert len(open_prepared(final).splits["train"]) == 27


def test_a_picture_that_is_lost_is_named_and_looked_at_anew(source):
    lost = plan(source)[-1].files[0].file

    def spoil(what, done, total, faults=0):
        if (what, done) == ("resizing", 8):
            (source / lost).unlink()

    said = rf"{lost} changed while it was read \(.*\); give the same command again: what was done is kept"
    with pytest.raises(PictureLostError, match=said):
        write(source, Here(), spoil)
    assert open_prepared(write(source, Here())).facts.files_found == 39


@pytest.mark.slow
def test_a_picture_that_is_lost_to_another_process_is_looked_at_anew(source):
    lost = plan(source)[-1].files[0].file

    def spoil(what, done, total, faults=0):
        if what == "checking" and done == total:
            (source / lost).write_bytes(b"no picture")

    with pytest.raises(PictureLostError, match=lost):
        write(source, LocalPool(1), spoil)
    assert open_prepared(write(source, LocalPool(1))).facts.files_kept == 39


def test_an_error_of_a_lost_picture_travels(source):
    lost = PictureLostError(plan(source)[0].files[0], "gone")
    there = pickle.loads(pickle.dumps(lost))  # noqa: S301 (its own)
    assert (type(there), str(there), there.file) == (PictureLostError, str(lost), lost.file)


def test_shards_travel_with_places_that_any_process_finds(source, monkeypatch):
    monkeypatch.chdir(source.parent)
    shard = plan(Path(source.name))[0]
    there = pickle.loads(pickle.dumps(shard))  # noqa: S301 (its own)
    assert Path(there.files[0].path) == source / shard.files[0].file
    assert there.path == shard.path
    assert there.path.is_absolute()


def die(shard, place):
    """Leaves what a process that died leaves: its journal."""
    shard.folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(shard.journal)
    journal.__enter__()
    journal.note(place)


def test_a_picture_at_which_two_processes_died_is_named(source):
    shard = plan(source)[0]
    die(shard, 3)
    shard = shard.blame()
    assert shard.deaths == Deaths((3,))
    die(shard, 3)
    with pytest.raises(StuckError, match=rf"made a square of .*{shard.files[3].file}; .*too little memory.* elsewhere"):
        shard.blame()


def test_a_file_that_a_disk_cut_short_is_made_once_more(source, made):
    interrupt(source, 28, Here())
    damaged = max((source.with_name(".final.unfinished") / WHOLE_SHARDS).glob("*.arrow"))
    damaged.write_bytes(damaged.read_bytes()[:-2000])
    made.clear()
    assert contents(write(source, Here())) == contents(write(source, name="afresh"))
    assert len(made) > 40 + 12


def test_what_dead_processes_left_is_removed_and_no_part_of_the_data_set(source):
    interrupt(source, 8, Here())
    whole = source.with_name(".final.unfinished") / WHOLE_SHARDS
    (whole / ".digest.arrow.0123abcd").write_bytes(b"half")
    left = []

    def look(what, done, total, faults=0):
        left.extend(path.name for path in whole.glob(".*") if what == "resizing")

    write(source, Here(), look)
    assert left == []


def test_a_name_follows_all_that_decides_the_content(source):
    shard = plan(source)[0]
    others = [plan(source, image_size=20)[0], plan(source, preparation={"resize": "crop"})[0]]
    draw_shape(1, 77).save(source / shard.files[0].file)
    others.append(plan(source)[0])
    assert len({shard.name, *(one.name for one in others)}) == 4
    assert replace(shard, stored={0: (Path("elsewhere"), 0)}).name == shard.name


def test_a_disk_that_is_full_leaves_no_file(source, monkeypatch):
    shard = plan(source)[0]
    shard.folder.mkdir(parents=True, exist_ok=True)

    def fill(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vitrine.records.atomic.os.fsync", fill)
    with pytest.raises(OSError, match="No space"):
        shard.do()
    assert list(shard.folder.iterdir()) == []


def test_a_folder_that_is_gone_is_one_message(source):
    with pytest.raises(UserError, match="was removed while its parts were made"):
        plan(source)[0].do()
