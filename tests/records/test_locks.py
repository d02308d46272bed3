"""Locks keep other processes out, wait or refuse, and never hide a fault."""

import errno

import pytest
from filelock import FileLock

from vitrine.errors import UserError
from vitrine.records.locks import hold_lock, is_locked

REFUSAL = UserError("somebody else is at work")


def test_a_lock_that_is_held_refuses_and_stays_held(tmp_path):
    path = tmp_path / "lock"
    with hold_lock(path, REFUSAL):
        assert is_locked(path)
        with pytest.raises(UserError, match="somebody else"), hold_lock(path, REFUSAL):
            pytest.fail("two at once")
        assert is_locked(path)
    assert not is_locked(path)


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


def test_asking_leaves_no_file(tmp_path):
    assert not is_locked(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [NotImplementedError(), OSError(errno.ENOLCK, "No locks available")])
def test_a_disk_without_locks_keeps_nobody_out(tmp_path, monkeypatch, fault):
    def fail(*_):
        raise fault

    monkeypatch.setattr(FileLock, "acquire", fail)
    with hold_lock(tmp_path / "lock", REFUSAL), hold_lock(tmp_path / "lock", REFUSAL):
        pass


def test_any_other_fault_is_not_hidden(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileLock, "acquire", fail)
    with pytest.raises(OSError, match="No space left"), hold_lock(tmp_path / "lock", REFUSAL):
        pass
