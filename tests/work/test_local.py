import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.work.letters import Letters, read, run
from vitrine.errors import UserError
from vitrine.work.local import LocalPool, count_cores
from vitrine.work.unit import StuckError

ROOT = Path(__file__).parents[2]


def test_each_unit_is_done_once_and_what_is_done_is_left(tmp_path):
    Letters("bc", folder=tmp_path).do()
    before = (tmp_path / "bc.parquet").stat().st_mtime_ns
    assert run(LocalPool(2), tmp_path, "a", "bc", "d") == ["a", "bc", "d"]
    assert (tmp_path / "bc.parquet").stat().st_mtime_ns == before


def test_who_dies_costs_another_attempt_and_what_ends_two_is_left_out(tmp_path):
    assert run(LocalPool(2), tmp_path, "a", "by", "cxd", "xf", "g") == ["a", "by", "c?d", "?f", "g"]
    assert [path.name for path in tmp_path.glob(".*") if path.suffix == ".at"] == []


def test_an_error_that_is_no_death_ends_the_job_and_says_where_it_happened(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such letter") as caught:
        run(LocalPool(1), tmp_path, "a", "w", "c")
    assert "_read" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("letter", "kind", "message"),
    [("v", UserError, r"letters\.zip: damaged; get it again"), ("u", RuntimeError, "UnpicklableError: of a library")],
)
def test_an_error_that_cannot_travel_is_told_all_the_same(tmp_path, letter, kind, message):
    with pytest.raises(kind, match=message) as caught:
        run(LocalPool(1), tmp_path, letter)
    assert "_read" in caught.value.__notes__[0]


def test_a_unit_that_ends_its_processes_for_no_reason_is_named_when_the_others_are_done(tmp_path):
    with pytest.raises(StuckError, match=r"one shard \(az\).*none of its pictures is to blame.*All others are done"):
        run(LocalPool(1), tmp_path, "az", "b", "c")
    assert read(tmp_path, "b", "c") == ["b", "c"]


@pytest.mark.parametrize(("cores", "expected"), [({0, 5, 6}, 3), (None, os.cpu_count())])
def test_cores_are_those_that_this_process_may_use(monkeypatch, cores, expected):
    if cores is None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores, raising=False)
    assert count_cores() == expected


def test_nothing_to_do_starts_no_process(tmp_path):
    before = psutil.Process().children()
    assert list(LocalPool(2).run([])) == []
    Letters("a", folder=tmp_path).do()
    list(LocalPool(2).run([Letters("a", folder=tmp_path)]))
    assert psutil.Process().children() == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes are started anew")
def test_what_later_units_need_is_imported_by_the_process_that_others_are_forked_from(tmp_path):
    program = (
        "from pathlib import Path; from tests.work.letters import Loaded; from vitrine.work.local import *; "
        "import_ahead('colorsys'); "
        f"list(LocalPool(1).run([Loaded(name, folder=Path({str(tmp_path)!r})) for name in ('colorsys', 'chunk')]))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert read(tmp_path, "colorsys", "chunk") == ["yes", "no"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_coordinator_that_is_killed_leaves_no_process_behind(tmp_path):
    program = (
        "import time; from tests.work.letters import Letters; from pathlib import Path; "
        "from vitrine.work.local import LocalPool, count_cores; "
        f"run = LocalPool(2).run([Letters(word, folder=Path({str(tmp_path)!r})) for word in 'abc']); "
        "next(run); print('begun', flush=True); time.sleep(60)"
    )
    started = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline() == "begun\n"
    children = psutil.Process(started.pid).children(recursive=True)
    started.send_signal(signal.SIGKILL)
    started.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert children
    assert alive == []
