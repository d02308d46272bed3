"""A reader of a pipe that has seen enough ends nothing with a complaint."""

import os
import subprocess
import sys
from pathlib import Path

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
