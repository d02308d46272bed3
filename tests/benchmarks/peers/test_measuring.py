"""Programs measured from outside."""

import sys

import psutil
import pytest

from benchmarks.peers import measuring
from benchmarks.peers.measuring import measure

CHILD = "import subprocess, sys; print(1); subprocess.run([sys.executable, '-c', sys.argv[1]])"
BIG = "import time; kept = bytearray(80_000_000); time.sleep(0.4)"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(measuring, "PERIOD", 0.02)


def test_memory_of_what_a_program_starts_counts(tmp_path):
    measured = measure([sys.executable, "-c", CHILD, BIG], tmp_path, {}, "side", 60)
    assert measured.peak_megabytes > 80
    assert (measured.exit_code, measured.output.strip()) == (0, "1")


def test_a_program_gets_its_variables_and_its_errors_are_kept(tmp_path):
    program = "import os, sys; sys.exit('no ' + os.environ['WHAT'])"
    measured = measure([sys.executable, "-c", program], tmp_path, {"WHAT": "weights"}, "side", 60)
    assert (measured.exit_code, measured.errors.strip()) == (1, "no weights")


def test_a_program_that_takes_too_long_is_stopped_with_what_it_started(tmp_path):
    program = CHILD.replace("print(1)", "print(1, flush=True)")
    measured = measure([sys.executable, "-c", program, "import time; time.sleep(60)"], tmp_path, {}, "side", 0.3)
    assert measured.exit_code is None
    assert not [one for one in psutil.Process().children(recursive=True) if "time.sleep(60)" in " ".join(one.cmdline())]
