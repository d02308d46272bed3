"""A retraining that a button starts: the command `retrain` in a process of its own, beside the page that it serves."""

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from vitrine.invocation import command_line

Status = Literal["idle", "at_work", "accepted", "refused", "undecided", "stopped", "failed"]

MOST_LINES = 200
PATIENCE = 10.0  # seconds between asking the process to end and ending it
LAST_WORDS = 5.0  # seconds at most to read them: something else may hold the pipe open
VERDICTS: dict[int, Status] = {0: "accepted", 3: "refused", 4: "undecided"}  # exit codes of `retrain`
LESS_URGENT = 10  # visitors of the page do not wait for a training


@dataclass(frozen=True)
class JobReport:
    """How it stands.

    Attributes:
        status: what became of the last retraining.
        seconds: since it began, or that it took.
        lines: the last that it said.
        page: on what was learnt and why it ended as it did; None before there is one.
        model: folder of the model in use now; None where nothing new is.
        is_opening: whether that model is being loaded for the page.
        fault: why it could not be loaded; "" where nobody wanted it, or it could.
    """

    status: Status = "idle"
    seconds: float = 0.0
    lines: tuple[str, ...] = ()
    page: Path | None = None
    model: Path | None = None
    is_opening: bool = False
    fault: str = ""


class RetrainingJob:
    """One retraining at a time.

    Args:
        command: that retrains; says `page:` and `model:` with their paths, and ends with the exit codes of `retrain`.

    Attributes:
        wanted: set while somebody waits for the new model to be served.
        fault: why it cannot be.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self.wanted = threading.Event()
        self.fault = ""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._began = self._ended = 0.0
        self._is_stopped = False
        self._paths: dict[str, Path] = {}

    def start(self) -> bool:
        """Begins, unless it is at work; returns whether it did."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return False
            self._lines.clear()
            self.fault = ""
            self._paths, self._is_stopped, self._began, self._ended = {}, False, time.monotonic(), 0.0
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                encoding="utf-8", errors="replace", env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            )  # fmt: skip
            with suppress(psutil.Error):  # it may have ended already
                psutil.Process(self._process.pid).nice(
                    psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else LESS_URGENT
                )
            self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
            self._listener.start()
        return True

    def want(self) -> None:
        """Asks for the new model to be served."""
        self.fault = ""
        self.wanted.set()

    def stop(self) -> None:
        """Ends it; nothing changes for the model in use."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self._is_stopped = True
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()

    def report(self) -> JobReport:
        """How it stands now."""
        with self._lock:  # both of the same retraining
            process, listener = self._process, self._listener
        if process is None or listener is None:
            return JobReport()
        code = process.poll()
        if code is not None:
            listener.join(LAST_WORDS)  # what it said last is in the pipe, with the model and the reasons
        status: Status = "at_work" if code is None else "stopped" if self._is_stopped else VERDICTS.get(code, "failed")
        return JobReport(
            status,
            (self._ended or time.monotonic()) - self._began,
            tuple(self._lines),
            self._paths.get("page"),
            self._paths.get("model") if status == "accepted" else None,
            self.wanted.is_set(),
            self.fault,
        )

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None  # noqa: S101 (a pipe; for mypy)
        for line in process.stdout:
            text = line.rstrip()
            key, _, value = text.partition(":")
            if key in ("page", "model") and value.strip():
                self._paths[key] = Path(value.strip())
            if text:
                self._lines.append(text)
        process.wait()
        self._ended = time.monotonic()


def retrain_command(run: Path, corrections: Path) -> list[str]:
    """The command line of a retraining, as this Python runs it.

    Args:
        run: of a finished run, or of a model with revisions.
        corrections: folder of the store.
    """
    return [sys.executable, "-u", "-m", "vitrine", "retrain", str(run), "--corrections", str(corrections)]


def say_command(run: Path, corrections: Path) -> str:
    """The same for people, to be run elsewhere."""
    return f"{command_line('retrain')} {run} --corrections {corrections}"
