"""A cluster of Dask; where the extra is not installed, a double of the few calls that are made."""

import os
import subprocess
import sys
import types
from concurrent.futures import CancelledError
from importlib.machinery import ModuleSpec
from itertools import chain, repeat
from pathlib import Path

import psutil
import pytest

from tests.work.letters import Letters, run
from vitrine.errors import UserError
from vitrine.work.dask import NO_RETRIES, DaskCluster, _is_done_by, count_workers

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_workers_do_all_whoever_dies(tmp_path):
    pytest.importorskip("distributed")
    assert run(DaskCluster(workers=2), tmp_path, "a", "by", "cxd", "e", "f") == ["a", "by", "c?d", "e", "f"]
    left = [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    assert left == []


@pytest.mark.slow
def test_a_cluster_is_found_by_its_address(tmp_path):
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    with dask.config.set(NO_RETRIES):
        cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    with cluster:
        assert run(DaskCluster(cluster.scheduler_address), tmp_path, "a", "cxd") == ["a", "c?d"]
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:  # noqa: SIM117
        with pytest.raises(UserError, match="has several threads"):
            run(DaskCluster(cluster.scheduler_address), tmp_path, "b")


@pytest.mark.slow
def test_no_scheduler_at_an_address_is_one_message(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("vitrine.work.dask.SECONDS_TO_ANSWER", 1)
    with pytest.raises(UserError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9"):
        run(DaskCluster("tcp://127.0.0.1:9"), tmp_path, "a")


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-cluster\.txt"):
        run(DaskCluster(), tmp_path, "a")


class KilledWorkerError(Exception):
    pass


def wait(_future, timeout):
    raise TimeoutError  # as for a large unit


class Client:
    """Does each unit in a process of its own, as one worker would."""

    def __init__(self, _place, timeout=None):
        self.threads = {"tcp://worker": 1}

    def close(self):
        pass

    def wait_for_workers(self, _count, timeout):
        if not self.threads:
            raise TimeoutError

    def nthreads(self):
        return self.threads

    def submit(self, do, work, pure):
        is_done = iter([False, True])
        return types.SimpleNamespace(result=lambda: self._do(work), done=lambda: next(is_done))

    def _do(self, work):
        child = os.fork()
        if child == 0:
            work.do()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise KilledWorkerError


@pytest.fixture
def double(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", types.ModuleType("dask"))
    distributed = types.ModuleType("distributed")
    distributed.Client, distributed.KilledWorker = Client, KilledWorkerError
    distributed.wait, distributed.CancelledError = wait, CancelledError
    comm = types.ModuleType("distributed.comm")
    comm.core = types.ModuleType("distributed.comm.core")
    comm.core.CommClosedError = OSError
    for module in (comm, comm.core):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    distributed.LocalCluster = None
    distributed.__spec__ = ModuleSpec("distributed", None)
    monkeypatch.setitem(sys.modules, "distributed", distributed)


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_worker_that_was_killed_costs_another_attempt(double, tmp_path):
    assert run(DaskCluster("tcp://machine:8786"), tmp_path, "a", "by", "cxd") == ["a", "by", "c?d"]


def test_who_waits_for_workers_that_are_gone_is_told(double, tmp_path):
    client = Client(None)
    client.threads = {}
    with pytest.raises(UserError, match=r"had no worker for .* what is done is not done again"):
        _is_done_by(client, Letters("a", folder=tmp_path))


@pytest.mark.parametrize("fault", [CancelledError("scheduler-connection-lost"), OSError("closed")])
def test_a_scheduler_that_is_gone_is_one_message(double, tmp_path, monkeypatch, fault):
    def lose(*_, **__):
        raise fault

    monkeypatch.setattr(Client, "submit", lose)
    with pytest.raises(UserError, match=f"the scheduler is gone \\({fault}\\); .* what is done is not done again"):
        run(DaskCluster("tcp://machine:8786"), tmp_path, "a")


@pytest.mark.parametrize(("threads", "message"), [({}, "had no worker"), ({"a": 1, "b": 4}, "--nthreads 1")])
def test_a_cluster_that_cannot_be_used_says_why(threads, message):
    client = Client(None)
    client.threads = threads
    with pytest.raises(UserError, match=message):
        count_workers(client)


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_workers_that_join_later_are_looked_at_too(double, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.work.slots.SECONDS_BETWEEN_COUNTS", 0)
    seen = chain([{"a": 1}], repeat({"a": 1, "b": 4}))
    monkeypatch.setattr(Client, "nthreads", lambda _: next(seen))
    with pytest.raises(UserError, match="has several threads"):
        run(DaskCluster("tcp://machine:8786"), tmp_path, "a", "b")


def test_the_engine_is_there_without_dask_being_imported():
    program = "import sys, vitrine.work.choice; print('distributed' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
