"""Every line that pages give to another program is one that its own parser takes."""

import shlex
import shutil
import subprocess
import sys

import pytest
from click import UsageError

from tests.documentation.blocks import pages, read_scripts
from tests.documentation.programs import PARSED, program_lines, read_options

LINES = list(dict.fromkeys((place, shlex.join(words)) for place, words in program_lines()))


def test_lines_of_all_these_programs_are_found():
    assert {line.split()[0] for _, line in LINES} == set(PARSED)
    assert len(LINES) >= 14


@pytest.mark.parametrize(("place", "line"), LINES)
def test_a_line_is_one_that_the_program_takes(place, line):
    read_options(shlex.split(line))


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="bash is not installed")
def test_every_script_is_one_that_bash_can_read():
    scripts = [script for page in pages() for script in read_scripts(page)]
    assert len(scripts) >= 2
    for script in scripts:
        answer = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)  # noqa: S607
        assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("torchrun --processes 2 train.py", SystemExit),
        ("accelerate launch --number 2 train.py", SystemExit),
        ("hf jobs run --flavour a10g-large image", AssertionError),
        ("hf jobs hardwares", UsageError),
        ("dask worker tcp://a:8786 --workers 2", UsageError),
    ],
)
def test_an_option_or_command_that_is_not_there_is_found(line, complaint):
    with pytest.raises(complaint):
        read_options(shlex.split(line))
