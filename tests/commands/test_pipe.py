"""A reader of a pipe that has seen enough ends nothing with a complaint."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from vitrine.commands import pipe
from vitrine.commands.pipe import flush_output

ROOT = Path(__file__).parents[2]
PROGRAM = "from vitrine.commands.pipe import flush_output; print('said'); flush_output(); flush_output()"


def test_what_was_printed_is_written_out(capsys):
    sys.stdout.write("said\n")
    flush_output()
    assert capsys.readouterr().out == "said\n"


def test_a_closed_pipe_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, env=environment, text=True, cwd=ROOT, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("system", "number"), [("nt", errno.EINVAL), ("nt", errno.EPIPE), ("posix", errno.EPIPE)])
def test_a_closed_pipe_is_known_by_what_each_system_says(monkeypatch, system, number):
    turned_away = []
    pretend(monkeypatch, system, number, turned_away)
    flush_output()
    assert turned_away == [1]


def test_another_error_of_the_output_is_told(monkeypatch):
    pretend(monkeypatch, "posix", errno.EINVAL, [])
    with pytest.raises(OSError, match="Invalid argument"):
        flush_output()


def pretend(monkeypatch, system, number, turned_away):
    """Another system, on which the output fails so."""

    class Output:
        def flush(self):
            raise OSError(number, os.strerror(number))

        def fileno(self):
            return 1

    double = SimpleNamespace(name=system, devnull="", O_WRONLY=0, open=lambda *_: 7)
    double.dup2 = lambda _, stream: turned_away.append(stream)
    monkeypatch.setattr(pipe, "os", double)
    monkeypatch.setattr(pipe, "sys", SimpleNamespace(stdout=Output()))
