"""Measuring a program from outside: its seconds, and the peak memory of it and of all that it starts."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PERIOD = 0.5  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measured:
    """One program that ran.

    Attributes:
        begun: moment of its start, in seconds of `time.time`.
        seconds: from its start to its end.
        peak_megabytes: most memory of the whole process tree; pages that processes share count once (Linux).
        exit_code: None where it was stopped, for it took too long.
        output: what it printed.
        errors: what it printed as errors.
    """

    begun: float
    seconds: float
    peak_megabytes: float
    exit_code: int | None
    output: str
    errors: str


class MemoryWatch(threading.Thread):
    """Looks at the memory of a process tree until it is told to stop.

    Attributes:
        peak: the most that was seen, in bytes.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = psutil.Process(pid)
        self._done = threading.Event()

    def run(self) -> None:
        """Looks, every so often."""
        while not self._done.wait(PERIOD):
            self.peak = max(self.peak, tree_memory(self._root))

    def stop(self) -> None:
        """Ends the thread."""
        self._done.set()
        self.join()


def tree_memory(root: psutil.Process) -> int:
    """Bytes of a process and its descendants; 0 of those that have ended."""
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(map(process_memory, tree))


def process_memory(process: psutil.Process) -> int:
    """The proportional set size where the system knows it, else the resident one, which counts shared pages twice."""
    try:
        if hasattr(process, "memory_maps") and os.name == "posix":
            memory = process.memory_full_info()
            return int(getattr(memory, "pss", memory.rss))
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


@contextmanager
def started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], name: str
) -> Iterator[tuple[subprocess.Popen[bytes], MemoryWatch]]:
    """A program that runs meanwhile; at the end it and all that it started are ended.

    Args:
        command: of the program.
        folder: in which it runs; name.out and name.err are written there.
        environment: variables beside those of this process.
        name: of the program.
    """
    with (folder / f"{name}.out").open("wb") as output, (folder / f"{name}.err").open("wb") as errors:
        variables = {**os.environ, **environment}
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=errors)
        watch = MemoryWatch(process.pid)
        watch.start()
        try:
            yield process, watch
        finally:
            end_tree(process)
            watch.stop()


def measure(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], name: str, limit_seconds: float
) -> Measured:
    """Runs a program to its end, or to the limit; see `started`."""
    begun, clock = time.time(), time.perf_counter()
    with started(command, folder, environment, name) as (process, watch):
        try:
            exit_code: int | None = process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            exit_code = None
        seconds = time.perf_counter() - clock
    output, errors = ((folder / f"{name}.{kind}").read_text("utf-8", "replace") for kind in ("out", "err"))
    return Measured(begun, seconds, watch.peak / 1e6, exit_code, output, errors)


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its descendants, and waits for them."""
    try:
        tree = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        tree = []
    for one in [process, *tree]:
        try:
            one.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(tree, timeout=5)
    process.wait()
