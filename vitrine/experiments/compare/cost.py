"""What a run cost, kept in its folder while it goes on, so that a kill loses seconds of the count."""

import time
from pathlib import Path

from vitrine.errors import UserError
from vitrine.records.cost import Cost

COST = "comparison_run.json"
WRITTEN_EVERY = 10.0  # seconds


def read_cost(folder: Path) -> Cost | None:
    """What is kept in a run folder; None where nothing is, or it was cut short."""
    try:
        return Cost.read(folder / COST)
    except UserError:
        return None


def is_compared(folder: Path) -> bool:
    """Whether a run, finished or not, belongs to a comparison, whose command goes on with it."""
    return (folder / COST).is_file()


class Meter:
    """Counts what an attempt takes and keeps it on the disk."""

    def __init__(self, folder: Path, start: Cost) -> None:
        """Begins to count; says on the disk that an attempt has begun.

        Args:
            folder: of the run.
            start: of a new run, where the folder holds no earlier attempt.
        """
        self.folder = folder
        earlier = read_cost(folder) or start
        self.before = earlier.model_copy(update={"silent_starts": earlier.silent_starts + 1})
        self.began, self.began_cpu = time.perf_counter(), time.process_time()
        self.written = self.began
        self.features: dict[str, float] | None = None
        self.reused = {"seconds": earlier.reused_seconds, "cpu_seconds": earlier.reused_cpu_seconds}
        self._ready: tuple[float, float] | None = None
        self._write(self.before)

    @property
    def silent_starts(self) -> int:
        """Attempts in a row, this one included, that gave no sign of life yet."""
        return self.before.silent_starts

    def mark_ready(self) -> None:
        """The network is built; what follows up to the first epoch is the computing of features."""
        self._ready = time.perf_counter(), time.process_time()

    def mark_epoch(self, seconds: float) -> None:
        """An epoch of so many seconds is done, which is a sign of life."""
        now, cpu = time.perf_counter(), time.process_time()
        if self._ready is not None and self.features is None:
            self.features = {
                "seconds": max(0.0, now - self._ready[0] - seconds),
                "cpu_seconds": max(0.0, cpu - self._ready[1] - seconds),
            }
        if now - self.written > WRITTEN_EVERY or self.before.silent_starts:
            self.before = self.before.model_copy(update={"silent_starts": 0})
            self.keep()

    def borrow(self, cost: dict[str, float]) -> None:
        """Counts what features took that another run computed and this one used."""
        self.reused = cost

    def keep(self) -> Cost:
        """Writes and returns what was taken so far."""
        self.written = time.perf_counter()
        before, reused = self.before, self.reused
        seconds = before.seconds - before.reused_seconds + reused["seconds"] + self.written - self.began
        cpu = before.cpu_seconds - before.reused_cpu_seconds + reused["cpu_seconds"]
        cost = before.model_copy(
            update={
                "seconds": seconds,
                "cpu_seconds": cpu + time.process_time() - self.began_cpu,
                "reused_seconds": reused["seconds"],
                "reused_cpu_seconds": reused["cpu_seconds"],
            }
        )
        self._write(cost)
        return cost

    def end(self) -> Cost:
        """As `keep`, where the attempt ended in an orderly way: it is not silent."""
        self.before = self.before.model_copy(update={"silent_starts": 0})
        return self.keep()

    def _write(self, cost: Cost) -> None:
        cost.write(self.folder / COST)
