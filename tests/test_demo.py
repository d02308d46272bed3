"""`make demo` itself, with the smallest recipe and the environment that runs the tests."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tools.drawn_pictures import write_drawn_pictures

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def leave_made(folder, names):
    """What is no part of the project: of its top folder what commands and builds make there."""
    made = {"prepared", "runs", "data", "build", "corrections", "studies"} if Path(folder) == ROOT else set()
    return [name for name in names if name.startswith(".") or name == "__pycache__" or name in made]


def check_own_pictures(output, project):
    """The commands that the demo prints before its page opens do as they stand what they say."""
    write_drawn_pictures(project / "pictures", 12, side=64)
    assert "Now your own pictures" in output
    printed = output.partition("Now your own pictures")[2].splitlines()[1:]
    *lines, serve = [line.strip() for line in itertools.takewhile(lambda line: line.startswith("  "), printed)]
    assert len(lines) == 2
    for line in lines:
        answer = subprocess.run(line, shell=True, cwd=project, capture_output=True, text=True)  # noqa: S602
        assert answer.returncode == 0, answer.stderr
    assert (project / "runs/own/latest/report.html").exists()
    check_page(serve, project)


def check_page(serve, project):
    """A command that serves a page does so, until it is ended."""
    with subprocess.Popen(  # noqa: S602 (as it is printed)
        serve,
        shell=True,
        cwd=project,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as app:
        try:
            said = []
            for line in app.stdout:
                said.append(line)
                if address := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                    break
            assert address, "".join(said)
            with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}", timeout=30) as page:
                assert page.status == 200
        finally:
            os.killpg(app.pid, signal.SIGINT)
            app.communicate(timeout=60)


@pytest.mark.timeout(1200)
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_demo_prepares_trains_reports_and_serves(tmp_path):
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=leave_made)
    port = free_port()
    command = ["make", "demo", "RECIPE=configs/smoke.yaml", f"PORT={port}", f"VENV={sys.prefix}"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        lines = []
        try:
            for line in demo.stdout:
                lines.append(line)
                if f"http://127.0.0.1:{port}" in line:
                    break
            output = "".join(lines)
            assert f"http://127.0.0.1:{port}" in output, output
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=30) as page:
                assert page.status == 200
                shown = page.read().decode()
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            demo.communicate(timeout=60)
    assert all(f'"{tab}"' in shown for tab in ("One picture", "Many pictures", "Correct", "Review", "The model"))
    check_own_pictures(output, project)
    assert "1,797 files found = 1,797 used + 0 unreadable + 0 left out" in output
    assert "test accuracy" in output
    assert (project / "prepared/smoke/report.html").exists()
    run = project / "runs/smoke/latest"
    assert run.is_symlink()
    assert {path.name for path in run.iterdir()} >= {"report.html", "model", "metrics.json", "predictions.csv"}
    assert len(list((project / "data/digits").glob("*/*.png"))) == 1797
