"""Bars that show how far a job has come, on a terminal and in a notebook alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Show = Callable[[str, int, int], None]  # what is done, how much of it, of how much; of 0: it cannot be known


def show_nothing(_what: str, _done: int, _total: int) -> None:
    """Passes over what it is told."""


@contextmanager
def show_progress(wanted: bool | None = None, console: Console | None = None) -> Iterator[Show]:
    """Opens bars, one for each kind of work; they go when it is done.

    Args:
        wanted: False shows nothing; None shows bars on a terminal and in a notebook, and nothing in a log file.
        console: where; None: where Python prints.
    """
    console = console or Console(highlight=False)
    if wanted is None:
        wanted = console.is_terminal or console.is_jupyter
    with Progress(console=console, transient=True, disable=not wanted) as bars:
        tasks = {"starting": bars.add_task("starting", total=None)}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                bars.update(tasks["starting"], visible=False)
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield show
