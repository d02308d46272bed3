"""Tries a bundle before anybody sees it: installed into an environment of its own, started, asked once."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.ship.bundle import APP, MODEL, REQUIREMENTS

START_SECONDS = 60
END_SECONDS = 10
TOLERANCE = 1e-4
SIDE = 200  # pixels of the picture that is asked about
OPEN = "Open "  # what the page prints when it answers


@dataclass(frozen=True)
class Trial:
    """What a bundle took.

    Attributes:
        environment_bytes: of all that was installed, with Python's own package installer.
        memory_bytes: of the process after an answer.
        start_seconds: until the page answered.
    """

    environment_bytes: int
    memory_bytes: int
    start_seconds: float

    @property
    def words(self) -> str:
        """The same in one line."""
        return (
            f"tried: {self.environment_bytes / 1e6:.0f} MB installed, {self.memory_bytes / 1e6:.0f} MB of memory, "
            f"answers {self.start_seconds:.1f} s after its start"
        )


def try_bundle(bundle: Path) -> Trial:
    """Installs, starts and asks a bundle.

    Args:
        bundle: its folder.

    Raises:
        UserError: it cannot be installed, does not start, or answers otherwise than the model does.
    """
    with tempfile.TemporaryDirectory(prefix="vitrine-trial-") as temporary:
        environment = Path(temporary) / "environment"
        python = _install(bundle, environment)
        installed = sum(
            path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink()
        )
        picture = Path(temporary) / "picture.png"
        pixels = np.random.default_rng(0).integers(0, 256, (SIDE // 10, SIDE // 10, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((SIDE, SIDE)).save(picture)
        begun = time.monotonic()
        with _serve(bundle, python, Path(temporary) / "errors.txt") as (process, address):
            seconds = time.monotonic() - begun
            _ask(bundle, address, picture)
            memory = psutil.Process(process.pid).memory_info().rss
    return Trial(installed, memory, seconds)


def _install(bundle: Path, environment: Path) -> Path:
    """A new environment with what the bundle asks for; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(bundle / REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"{bundle / REQUIREMENTS} cannot be installed ({_last_line(done.stderr)})")
    return python


@contextmanager
def _serve(bundle: Path, python: Path, errors: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process of a started bundle, and its address."""
    command = [str(python), APP, "--port", "0"]
    quiet = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}  # the bundle stays as it was made
    with errors.open("w") as file:
        process = subprocess.Popen(command, cwd=bundle, env=quiet, text=True, stdout=subprocess.PIPE, stderr=file)
    try:
        yield process, _wait_for_address(process, errors)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_address(process: "subprocess.Popen[str]", errors: Path) -> str:
    deadline = threading.Timer(START_SECONDS, process.kill)  # ends the loop below, too
    deadline.start()
    try:
        for line in process.stdout or ():
            if line.startswith(OPEN):
                return line.removeprefix(OPEN).strip()
    finally:
        deadline.cancel()
    raise UserError(f"the bundle does not start ({_last_line(errors.read_text('utf-8', 'replace'))})")


def _ask(bundle: Path, address: str, picture: Path) -> None:
    from gradio_client import Client, handle_file

    predictor = Predictor.load(str(bundle / MODEL))
    expected = dict(predictor.predict(predictor.open_image(picture), top_k=len(predictor.label_names)))
    client = Client(address, verbose=False)
    answer = client.predict(picture=handle_file(str(picture)), top_k=len(expected), api_name="/decide")
    given = {row["label"]: row["confidence"] for row in answer["confidences"]}
    if given.keys() != expected.keys() or max(abs(given[name] - expected[name]) for name in given) > TOLERANCE:
        raise UserError(f"{bundle} answers otherwise than the model does; nothing was published")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "without a word"
