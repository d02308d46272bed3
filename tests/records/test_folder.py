"""Run folders: unfinished until they are complete, never shared, the last one found by a link."""

import errno
import subprocess
import sys

import pytest

from vitrine.errors import UserError
from vitrine.records.folder import LATEST, UNFINISHED, finish_run, hold_run, is_held, start_run

HOLDER = "from vitrine.records.folder import hold_run; from pathlib import Path; import sys\n" + (
    "with hold_run(Path(sys.argv[1])): print('held', flush=True); input()"
)


def test_a_run_bears_an_unfinished_name_until_it_is_complete(tmp_path):
    folder = start_run(tmp_path, "birds")
    assert folder.name.endswith(UNFINISHED)
    assert not (tmp_path / "birds" / LATEST).exists()
    final = finish_run(folder)
    assert not folder.exists()
    assert final.name == folder.name.removesuffix(UNFINISHED)


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    folders = [start_run(tmp_path, "birds") for _ in range(5)]
    finished = [finish_run(folder) for folder in folders[:2]]
    folders += [start_run(tmp_path, "birds") for _ in range(2)]
    assert len({folder.name for folder in folders}) == 7
    assert all(folder.is_dir() for folder in finished)


def test_latest_is_the_run_that_finished_last(tmp_path):
    first, second = start_run(tmp_path, "birds"), start_run(tmp_path, "birds")
    for folder in (second, first):
        final = finish_run(folder)
        assert (tmp_path / "birds" / LATEST).resolve() == final


def test_one_process_at_a_time_is_at_work_on_a_run(tmp_path):
    folder = start_run(tmp_path, "birds")
    assert not is_held(folder)
    with hold_run(folder):
        assert is_held(folder)
        with pytest.raises(UserError, match="at work on this run"), hold_run(folder):
            pytest.fail("two at once")
        assert is_held(folder)  # the refused one has not let go for the other
        finish_run(folder)
    assert not is_held(folder)
    assert not list((tmp_path / "birds").glob(".*"))


def test_a_killed_process_lets_go_of_its_run(tmp_path):
    folder = start_run(tmp_path, "birds")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    assert is_held(folder)
    holder.kill()
    holder.communicate()
    assert not is_held(folder)
    with hold_run(folder):
        assert is_held(folder)


@pytest.mark.parametrize("fault", [NotImplementedError(), OSError(errno.ENOLCK, "No locks available")])
def test_a_disk_that_cannot_lock_keeps_the_others_alone_from_training(tmp_path, monkeypatch, fault):
    def fail(*_):
        raise fault

    folder = start_run(tmp_path, "birds")
    monkeypatch.setattr("fcntl.flock", fail)
    with hold_run(folder):
        assert is_held(folder)
        with pytest.raises(UserError, match="another training is at work"), hold_run(folder):
            pass
    assert not is_held(folder)


def test_any_other_fault_of_a_lock_is_not_hidden(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(OSError, match="No space left"), hold_run(start_run(tmp_path, "birds")):
        pass
