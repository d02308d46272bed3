"""What a visitor sees who gives many pictures, event by event."""

import errno
import gc
import zipfile
from types import SimpleNamespace

import pytest

from tests.app.models import upload
from vitrine.app.batches import ALL, NOTHING_NEW, ROWS_A_PAGE, Batches, Step
from vitrine.predict.answers import job as job_module
from vitrine.predict.answers.job import Allowed, BatchJob
from vitrine.ui.texts import load_texts

ANNE, BEN = SimpleNamespace(session_hash="anne"), SimpleNamespace(session_hash="ben")


@pytest.fixture
def batches(predictor):
    return Batches(predictor, load_texts("en"))


def give(batches, uploads, visitor=ANNE, before=None) -> tuple[BatchJob, Step]:
    """Runs a batch to its end; returns its job and the last step."""
    steps = list(batches.start(uploads, before, visitor))
    return steps[0].job, steps[-1]


def uploads(folder, count):
    return [upload(folder, f"{number:02}.png", number) for number in range(count)]


def is_shown(update):
    return update["visible"]


def test_while_it_is_at_work_the_visitor_can_stop_it_and_afterwards_has_a_table(batches, folder):
    first, *_, last = batches.start(uploads(folder, 3), None, ANNE)
    assert is_shown(first.stop)
    assert not is_shown(first.results)
    assert not is_shown(last.stop)
    assert is_shown(last.results)
    assert "3 files are done." in last.outcome
    view = batches.show_first(first.job, "given", ALL, None)
    assert view.table.count("<tr>") == 1 + 3
    assert "01.png" in view.table


def test_a_hostile_name_is_text_in_the_table(batches, folder):
    name = "<img src=x onerror=alert(1)>{{1+1}}.zip"
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("<script>.txt", "x")
    job, _ = give(batches, [{"path": str(folder / "a.zip"), "orig_name": name}])
    table = batches.show_first(job, "given", ALL, 1).table
    assert "<img" not in table
    assert "<script" not in table
    assert "&lt;script&gt;.txt" in table


def test_pages_end_where_the_rows_end(batches, folder, monkeypatch):
    monkeypatch.setattr("vitrine.app.batches.ROWS_A_PAGE", 2)
    job, _ = give(batches, uploads(folder, 5))
    first = batches.show_first(job, "given", ALL, 99)
    assert "of 3" in first.pages
    assert not first.previous["interactive"]
    assert first.following["interactive"]
    second = batches.show_next(job, "given", ALL, 1)
    assert "02.png" in second.table
    assert second.page["value"] == 2
    assert batches.show_previous(job, "given", ALL, 2).table == first.table
    for beyond in (batches.show_next(job, "given", ALL, 3), batches.show(job, "given", ALL, 99)):
        assert beyond.page["value"] == 3
        assert not beyond.following["interactive"]
    assert batches.show(job, "given", ALL, None).table == batches.show(job, "given", ALL, -5).table == first.table


def test_a_kind_without_rows_says_so(batches, folder):
    job, _ = give(batches, uploads(folder, 1))
    assert "No picture here." in batches.show_first(job, "doubtful", "unreadable", 1).table


def test_two_visitors_have_a_table_each(batches, folder):
    anne, _ = give(batches, [upload(folder, "hers.png")])
    ben, _ = give(batches, [upload(folder, "his.png")], BEN)
    assert "his.png" not in batches.show_first(anne, "given", ALL, 1).table
    assert "hers.png" not in batches.show_first(ben, "given", ALL, 1).table
    assert anne.folder != ben.folder


def test_who_leaves_takes_pictures_and_answers_along(batches, folder):
    anne, _ = give(batches, uploads(folder, 2))
    ben, _ = give(batches, uploads(folder, 2), BEN)
    batches.leave(ANNE)
    batches.leave(ANNE)
    assert not anne.folder.exists()
    assert ben.folder.exists()
    assert "deleted in the meantime" in batches.show_first(anne, "given", ALL, 1).table
    assert "deleted in the meantime" in batches.export(BatchJob.export_csv, anne)[1]


def test_a_new_batch_replaces_the_one_before(batches, folder):
    before, _ = give(batches, uploads(folder, 1))
    after, _ = give(batches, uploads(folder, 1), before=before)
    assert not before.folder.exists()
    assert after.folder.exists()


def test_a_session_that_is_forgotten_leaves_nothing(batches, folder):
    job, _ = give(batches, uploads(folder, 1))
    place = job.folder
    del job
    gc.collect()
    assert not place.exists()


def test_a_batch_that_is_stopped_says_after_how_many(batches, folder):
    steps = batches.start(uploads(folder, 40), None, ANNE)
    job = next(steps).job
    next(steps)
    batches.stop(job)
    *_, last = steps
    assert "Stopped after 8 of 40 pictures" in last.outcome
    assert is_shown(last.results)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "gone.png"])
def test_a_path_outside_of_the_uploads_is_refused_and_nothing_is_kept(batches, folder, name):
    _, last = give(batches, [{"path": str(folder / name), "orig_name": "a.png"}])
    assert "a.png was not used" in last.outcome
    assert last.job is None
    assert not list(folder.glob("batch-*"))


def test_too_many_files_are_refused_with_what_to_do(batches, folder, monkeypatch):
    monkeypatch.setattr("vitrine.app.batches.BatchJob", lambda *given: BatchJob(*given, Allowed(files=2)))
    _, last = give(batches, uploads(folder, 3))
    assert "more than 2 files. Give fewer at a time" in last.outcome
    assert not list(folder.glob("batch-*"))


def test_a_full_disk_is_one_message_and_what_was_written_goes(batches, folder, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(job_module.os, "link", refuse)
    monkeypatch.setattr(job_module.shutil, "copyfile", refuse)
    _, last = give(batches, uploads(folder, 3))
    assert "disk of this server is full" in last.outcome
    assert not list(folder.glob("batch-*"))
    monkeypatch.undo()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    assert "1 file is done" in give(batches, uploads(folder, 1))[1].outcome


def test_any_other_fault_of_the_disk_reaches_the_log_and_keeps_nothing(batches, folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(BatchJob, "take", refuse)
    with pytest.raises(OSError, match="Input/output"):
        list(batches.start(uploads(folder, 1), None, ANNE))
    assert not list(folder.glob("batch-*"))


def test_the_page_is_not_told_of_every_picture(batches, folder):
    steps = list(batches.start(uploads(folder, 40), None, ANNE))
    assert len(steps) < 40 / 8 + 3
    assert steps[1]._replace(progress=NOTHING_NEW.progress) == NOTHING_NEW
    assert ROWS_A_PAGE == 50
