"""A training beside other programs says so, and only where they have its cores."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from vitrine.training.loop import lacking_cores
from vitrine.training.loop.lacking_cores import CoreWatch


@pytest.fixture
def machine(monkeypatch):
    """Two cores, two threads, and clocks that the test sets."""
    clocks = SimpleNamespace(wall=100.0, process=10.0, user=50.0, idle=150.0)
    times = {"user": lambda: clocks.user, "guest": lambda: 0.0, "iowait": lambda: 0.0, "idle": lambda: clocks.idle}
    reading = SimpleNamespace(_asdict=lambda: {name: read() for name, read in times.items()})
    monkeypatch.setattr(lacking_cores.psutil, "cpu_times", lambda: reading)
    monkeypatch.setattr(lacking_cores.time, "perf_counter", lambda: clocks.wall)
    monkeypatch.setattr(lacking_cores, "_read_own", lambda: clocks.process)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    return clocks


def pass_time(clocks, seconds, own, others):
    clocks.wall += seconds
    clocks.process += own
    clocks.user += own + others
    clocks.idle += 2 * seconds - own - others


@pytest.mark.parametrize(
    ("seconds", "own", "others", "is_told"),
    [
        (10, 6, 14, True),  # a full machine, of which this process had a third of what its threads could use
        (10, 19, 1, False),  # an idle one but for this process
        (10, 6, 0, False),  # a training that waits for pictures: nobody else has the cores
        (2, 1, 3, False),  # too short
    ],
)
def test_it_is_told_where_other_programs_have_the_cores(machine, seconds, own, others, is_told):
    watch = CoreWatch()
    pass_time(machine, seconds, own, others)
    told = watch.advise()
    assert (told is not None) is is_told
    assert not is_told or ("0.6 cores to the 2 threads" in told and "OMP_NUM_THREADS=1" in told)


def test_one_thread_waits_for_none(machine, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    watch = CoreWatch()
    pass_time(machine, 10, 3, 17)
    assert watch.advise() is None


def test_the_machine_itself_is_read():
    used, whole = lacking_cores._read_machine()
    assert 0 < used < whole


def test_workers_count_as_the_trainings_own():
    before = lacking_cores._read_own()
    program = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdout.readline()
        assert lacking_cores._read_own() - before > 0.2  # told in hundredths of a second
        worker.communicate(b"\n")
