"""Units of work done by processes of this machine."""

import gc
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from vitrine.errors import UserError
from vitrine.work.slots import do_all
from vitrine.work.unit import AnyWork, Work

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

_IMPORTED_AHEAD: list[str] = []


@dataclass(frozen=True)
class LocalPool:
    """Processes of this machine; one that dies costs its unit another attempt, never the job.

    Attributes:
        workers: processes; None: one for each core that this process may use.
    """

    workers: int | None = None

    def share(self, works: Sequence[AnyWork]) -> Sequence[AnyWork]:
        """All of them."""
        return works

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does what is not done."""
        slots = max(1, min(self.workers or count_cores(), len(works)))
        starting, is_over = threading.Lock(), False
        started: list[_Process] = []
        idle: list[_Process] = []

        def attempt(work: Work) -> bool:
            with starting:  # none may start once all were ended
                if is_over:
                    return False
                if not idle:
                    started.append(_Process(_context(type(work).__module__)))
                    idle.append(started[-1])
                process = idle.pop()
            done = process.do(work)
            if done:
                idle.append(process)
            return done

        try:
            yield from do_all(works, lambda: slots, attempt)
        finally:
            with starting:
                is_over = True
            for process in started:
                process.end()


def count_cores() -> int:
    """Cores that this process may use: on a machine that is shared by Slurm these are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def import_ahead(module: str) -> None:
    """Has processes forked from one that has imported a module, too, for units that come after the first ones need it.

    Where the first process was started before, each imports it by itself.

    Args:
        module: its whole name.
    """
    _IMPORTED_AHEAD.append(module)


@cache
def _context(module: str) -> "ForkServerContext | SpawnContext":
    """How processes are started: on Linux forked from one that has imported what they need, a second for each saved.

    A process that has threads, as this one, must not be forked; the one that is forked from does nothing else.

    Args:
        module: of the units.
    """
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([module, *_IMPORTED_AHEAD, "pandas"])  # which pyarrow imports with its first column
    return context


class _Process:
    """A process that does one unit after the other.

    `ProcessPoolExecutor` would take down the units of all its processes when one dies, and leave its processes behind
    when this one is killed; these read from a pipe that is closed then.
    """

    def __init__(self, context: "ForkServerContext | SpawnContext") -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, dict(os.environ)), daemon=True)
        self._process.start()
        theirs.close()

    def do(self, work: Work) -> bool:
        """Does a unit; whether the process lived to tell. Raises what the unit raised."""
        try:
            self._pipe.send(work)
            error = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return False
        if error is not None:
            raise error
        return True

    def end(self) -> None:
        """Ends the process at once: what it has under way is written whole or not at all."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)  # the process that was forked may have been started long before
    gc.freeze()  # a search for garbage among what was imported would copy its pages, which all processes share
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts all; the coordinator ends this one
    while True:
        try:
            work: Work = pipe.recv()
        except EOFError:
            return
        told = _do(work)
        try:
            pipe.send(told)
        except OSError:  # nobody is there any more to be told; what was done lies on the disk
            return


def _do(work: Work) -> Exception | None:
    try:
        work.do()
    except Exception as error:
        told = _make_portable(error)
        told.add_note(traceback.format_exc())  # where in this process it happened
        return told
    return None


def _make_portable(error: Exception) -> Exception:
    """The error, or one that says the same where it cannot go from process to process, as some of libraries cannot."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (its own)
    except Exception:
        is_ours = isinstance(error, UserError)
        return UserError(str(error)) if is_ours else RuntimeError(f"{type(error).__name__}: {error}")
    return error
