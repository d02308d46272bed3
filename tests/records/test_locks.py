"""Locks keep other processes out, wait or refuse, and never hide a fault."""

import errno
import os
from pathlib import Path

import pytest
from filelock import FileLock

from vitrine.errors import UserError
from vitrine.records.locks import hold_lock, hold_output, is_locked, is_locked_by_system

REFUSAL = UserError("somebody else is at work")


def test_a_lock_that_is_held_refuses_and_stays_held(tmp_path):
    path = tmp_path / "lock"
    with hold_lock(path, REFUSAL):
        assert is_locked(path)
        assert is_locked_by_system(path)
        with pytest.raises(UserError, match="somebody else"), hold_lock(path, REFUSAL):
            pytest.fail("two at once")
        assert is_locked(path)
    assert not is_locked(path)
    assert not is_locked_by_system(path)


def test_a_lock_goes_after_an_error_too_and_its_file_where_that_is_wanted(tmp_path):
    for is_removed in (False, True):
        path = tmp_path / f"lock {is_removed}"
        with pytest.raises(ZeroDivisionError), hold_lock(path, is_removed=is_removed):
            raise ZeroDivisionError
        assert not is_locked(path)
        assert path.exists() is not is_removed


def test_an_error_of_what_is_done_is_not_taken_for_one_of_the_lock(tmp_path):
    with pytest.raises(TimeoutError), hold_lock(tmp_path / "lock", REFUSAL):
        raise TimeoutError


def test_an_output_is_written_by_one_process_and_nothing_stays_beside_it(tmp_path):
    table = tmp_path / "answers.csv"
    with hold_output(table):
        with (
            pytest.raises(UserError, match=r"another process writes .*answers\.csv just now; wait"),
            hold_output(table),
        ):
            pytest.fail("two at once")
        with hold_output(tmp_path / "others.csv"):
            pass
        table.touch()
    with hold_output(table):
        pass
    assert list(tmp_path.iterdir()) == [table]


@pytest.mark.parametrize("path", [None, Path(os.devnull), Path("nowhere/answers.csv"), Path()], ids=str)
def test_what_can_have_no_lock_beside_it_is_held_by_nobody(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with hold_output(path), hold_output(path):
        assert list(tmp_path.iterdir()) == []


def test_asking_leaves_no_file(tmp_path):
    assert not is_locked(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=[errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS], ids=errno.errorcode.get)
def disk_without_locks(request, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def fail(*_):
        raise OSError(request.param, "no locks here")

    monkeypatch.setattr(fcntl, "flock", fail)


@pytest.mark.filterwarnings("ignore:flock not supported")
@pytest.mark.usefixtures("disk_without_locks")
def test_a_disk_without_locks_keeps_others_out_by_a_file(tmp_path):
    path = tmp_path / "lock"
    for _ in range(2):  # the first one leaves nothing that would keep the second out
        with hold_lock(path, REFUSAL, is_removed=True):
            assert is_locked(path)
            assert not is_locked_by_system(path)
            with pytest.raises(UserError, match="somebody else"), hold_lock(path, REFUSAL, is_removed=True):
                pytest.fail("two at once")
            assert is_locked(path)
        assert not is_locked(path)
        assert list(tmp_path.iterdir()) == []


def no_locks(*_):
    raise OSError(errno.ENOLCK, "No locks available")


def test_a_file_that_another_machine_left_where_there_are_no_locks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(FileLock, "acquire", no_locks)
    (tmp_path / "lock.marker").write_text("1\nanother machine\n")
    advice = r"somebody else is at work; this disk has no locks, so if none is .*remove .*lock\.marker"
    with pytest.raises(UserError, match=advice), hold_lock(tmp_path / "lock", REFUSAL):
        pass


def test_who_would_wait_is_not_kept_waiting_and_who_needs_locks_is_told_where_a_disk_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(FileLock, "acquire", no_locks)
    with hold_lock(tmp_path / "lock"), hold_lock(tmp_path / "lock"):
        pass
    with (
        pytest.raises(UserError, match="no locks"),
        hold_lock(tmp_path / "lock", REFUSAL, unlockable=UserError("no locks")),
    ):
        pass


def test_any_other_fault_is_not_hidden(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileLock, "acquire", fail)
    with pytest.raises(OSError, match="No space left"), hold_lock(tmp_path / "lock", REFUSAL):
        pass
