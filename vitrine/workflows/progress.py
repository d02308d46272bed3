"""Bars that show how far a job has come, on a terminal and in a notebook alike; lines in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from vitrine.data.progress import Progress as Show
from vitrine.data.progress import no_progress as show_nothing

__all__ = ["Show", "show_nothing", "show_progress"]

OF_PICTURES = ("checking", "comparing", "resizing", "answering")
SECONDS_BETWEEN_LINES = 30.0
LEAST_SECONDS = 5.0  # of a kind of work; before, its pace is chance
AT_ONCE = 0.5  # seconds: what is told of so soon was done before


@contextmanager
def show_progress(wanted: bool | None = None, console: Console | None = None, lines: bool = False) -> Iterator[Show]:
    """Opens bars, one for each kind of work; they go when it is done.

    Args:
        wanted: False shows nothing; None shows bars on a terminal and in a notebook, and none in a log file.
        console: where; None: where Python prints.
        lines: whether a log file gets a line every half a minute.
    """
    console = console or Console(highlight=False)
    is_watched = console.is_terminal or console.is_jupyter
    if lines and wanted is None and not is_watched:
        yield _Lines(console)
        return
    bars = Progress(
        *_columns(), console=console, transient=True, disable=not (is_watched if wanted is None else wanted)
    )
    with bars:
        tasks = {"starting": bars.add_task("starting", total=None, faults=0, pace=0.0)}
        begun: dict[str, _Beginning] = {}

        def show(what: str, done: int, total: int, /, *, faults: int = 0) -> None:
            if what not in tasks:
                bars.update(tasks["starting"], visible=False)
                tasks[what] = bars.add_task(what, total=total or None, faults=0, pace=0.0)
                begun[what] = _Beginning(time.monotonic(), done)
            pace = begun[what].pace(time.monotonic(), done)
            bars.update(tasks[what], completed=done, total=total or None, faults=faults, pace=pace)

        yield show


@dataclass
class _Beginning:
    """When a kind of work began, in seconds, and what was done before."""

    start: float
    before: int

    def pace(self, now: float, done: int) -> float:
        """What is done in a second; 0 as long as nothing can be said."""
        if now - self.start < AT_ONCE:
            self.before = done
            return 0.0
        return max(0.0, (done - self.before) / (now - self.start))


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        _Share(),
        _Pace(),
        _TimeLeft(),
        _Faults(),
    )


class _Share(ProgressColumn):
    """What is done, in percent; where nobody knows of how much, its number."""

    def render(self, task: Task) -> Text:
        done = f"{task.percentage:>3.0f}%" if task.total else f"{task.completed:,.0f}" if task.completed else ""
        return Text(done, style="progress.percentage")


class _Pace(ProgressColumn):
    """Pictures a second, where it is pictures that are counted; since the beginning, since shards end in bunches."""

    def render(self, task: Task) -> Text:
        pace = task.fields["pace"] if task.description in OF_PICTURES else 0.0
        return Text(f"{pace:,.0f} pictures/s" if pace else "", style="progress.data.speed")


class _TimeLeft(ProgressColumn):
    """At the pace so far."""

    def render(self, task: Task) -> Text:
        left, pace = task.remaining, task.fields["pace"]
        return Text(_say_time(left / pace) if left is not None and pace else "", style="progress.remaining")


class _Faults(ProgressColumn):
    """Files that cannot be used."""

    def render(self, task: Task) -> Text:
        return Text(_say_faults(task.fields["faults"]), style="yellow")


def _say_faults(faults: int) -> str:
    return f"{faults:,} unreadable" if faults else ""


@dataclass
class _Lines:
    """Writes how far each kind of work has come into a log, from time to time."""

    console: Console
    begun: dict[str, _Beginning] = field(default_factory=dict)
    written: float = field(default_factory=lambda: time.monotonic())

    def __call__(self, what: str, done: int, total: int, /, *, faults: int = 0) -> None:
        now = time.monotonic()
        begun = self.begun.setdefault(what, _Beginning(now, done))
        pace = begun.pace(now, done)
        if now - self.written < SECONDS_BETWEEN_LINES or now - begun.start < LEAST_SECONDS:
            return
        self.written = now
        unit = "pictures/s" if what in OF_PICTURES else "a second"
        words = [f"{done:,} of {total:,} ({done / total:.0%})" if total else f"{done:,}", f"{pace:,.0f} {unit}"]
        if total and pace:
            words.append(f"{_say_time((total - done) / pace)} left")
        words.append(_say_faults(faults))
        self.console.print(f"{what}: {', '.join(filter(None, words))}", markup=False, soft_wrap=True)


def _say_time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
