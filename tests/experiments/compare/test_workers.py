"""Several processes on one comparison."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from vitrine.errors import UserError
from vitrine.experiments.compare import workers
from vitrine.experiments.compare.runner import Event, Options
from vitrine.experiments.compare.workers import spread_runs


@pytest.mark.slow
def test_workers_share_the_runs_and_a_killed_one_is_replaced(write_comparison):
    path = write_comparison("seeds: [0, 1]\nvariants: {a: {optim.epochs: 400}, b: {optim.epochs: 399}}\n")
    code = "import sys; from vitrine.commands.compare import main; sys.exit(main(sys.argv[1:]))"
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, str(path), "--workers", "2"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    limit = time.monotonic() + 120
    while not list(Path("runs").glob("trial/*/*.unfinished/checkpoint/number_*")) and time.monotonic() < limit:
        time.sleep(0.2)
    children = [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    assert len(children) == 2
    os.kill(children[0].pid, signal.SIGKILL)
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "a worker has died" in output
    assert len(list(Path("runs").glob("trial/*/seed_*/metrics.json"))) == 4


def test_one_worker_is_this_process_with_all_its_threads(monkeypatch):
    called = []
    monkeypatch.setattr(workers, "do_runs", lambda *given: called.append(given))
    spread_runs(["run"], Options(reports=True), print, 1)
    assert called == [(["run"], Options(reports=True, threads=None), print)]


@pytest.fixture
def crew(monkeypatch):
    """A function that runs a crew of fake processes: what each says before it ends, and with which exit code."""

    def work(lives, runs=1, count=1):
        told, started = [], []

        class Process:
            def __init__(self, target, args):
                self.runs, self.options, self.pipe = args
                self.said, self.exitcode = lives[min(len(started), len(lives) - 1)]

            def start(self):
                started.append(self.options.threads)
                for message in self.said:
                    self.pipe.send(message)

            def join(self):
                pass

            terminate = join

        context = SimpleNamespace(Pipe=multiprocessing.Pipe, Process=Process)
        monkeypatch.setattr(workers.multiprocessing, "get_context", lambda _: context)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
        spread_runs(["run"] * runs, Options(), told.append, count)
        return told, started

    return work


def test_workers_share_the_cores_and_what_they_say_is_told_here(crew):
    event = Event("done", "plain, seed 0")
    told, started = crew([([event], 0), ([], 0)], runs=3, count=2)
    assert told == [event]
    assert started == [4, 4]


def test_no_more_workers_are_started_than_there_are_runs(crew):
    assert len(crew([([], 0)], runs=2, count=5)[1]) == 2


def test_a_worker_that_died_is_replaced_and_said_to_be(crew):
    told, started = crew([([], -9), ([], 0)], count=2)
    assert [event.text for event in told] == ["a worker has died (exit code -9); another one goes on"]
    assert len(started) == 2


def test_workers_that_die_again_and_again_end_the_comparison(crew):
    with pytest.raises(UserError, match=r"die again and again \(exit code -9\); try --workers 1"):
        crew([([], -9)], count=2)


def test_what_a_person_must_mend_ends_the_comparison_with_its_message(crew):
    with pytest.raises(UserError, match="this disk cannot lock files"):
        crew([(["this disk cannot lock files"], 0)], count=2)
