"""What a run cost, kept in its folder while it goes on, so that a kill loses seconds of the count."""

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vitrine.records.atomic import write_text

COST = "comparison_run.json"
WRITTEN_EVERY = 10.0  # seconds

# Fields that had another name in files of earlier builds.
FIRST_NAMES = {"lent_seconds": "reused_seconds", "lent_cpu_seconds": "reused_cpu_seconds"}


@dataclass(frozen=True)
class Cost:
    """Seconds of a run over all its attempts.

    Attributes:
        identity: of the run; see `plan.identify_run`.
        variant: its name in the comparison.
        seed: of the run.
        fold: of the run; None without k-fold.
        seconds: from the opened data set to the evaluated model, what was reused included.
        cpu_seconds: of the processor, over all cores, likewise.
        reused_seconds: seconds of these that another run spent on features that this one used.
        reused_cpu_seconds: likewise.
        silent_starts: attempts that began since the last sign of life.
    """

    identity: str
    variant: str
    seed: int
    fold: int | None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    reused_seconds: float = 0.0
    reused_cpu_seconds: float = 0.0
    silent_starts: int = 0


def read_cost(folder: Path) -> Cost | None:
    """What is kept in a run folder; None where nothing is, or it was cut short."""
    try:
        values: dict[str, Any] = dict(json.loads((folder / COST).read_text("utf-8")))
        return Cost(**{FIRST_NAMES.get(name, name): value for name, value in values.items()})
    except (OSError, ValueError, TypeError):
        return None


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
        self.before = replace(earlier, silent_starts=earlier.silent_starts + 1)
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
            self.before = replace(self.before, silent_starts=0)
            self.keep()

    def borrow(self, cost: dict[str, float]) -> None:
        """Counts what features took that another run computed and this one used."""
        self.reused = cost

    def keep(self) -> Cost:
        """Writes and returns what was taken so far."""
        self.written = time.perf_counter()
        before, reused = self.before, self.reused
        cost = replace(
            before,
            seconds=before.seconds - before.reused_seconds + reused["seconds"] + self.written - self.began,
            cpu_seconds=before.cpu_seconds
            - before.reused_cpu_seconds
            + reused["cpu_seconds"]
            + time.process_time()
            - self.began_cpu,
            reused_seconds=reused["seconds"],
            reused_cpu_seconds=reused["cpu_seconds"],
        )
        self._write(cost)
        return cost

    def end(self) -> Cost:
        """As `keep`, where the attempt ended in an orderly way: it is no silent one."""
        self.before = replace(self.before, silent_starts=0)
        return self.keep()

    def _write(self, cost: Cost) -> None:
        write_text(self.folder / COST, json.dumps(asdict(cost), indent=2))
