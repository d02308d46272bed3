"""Several processes on one comparison: each takes what is free, dead ones are replaced."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from vitrine.errors import UserError
from vitrine.experiments.compare.plan import PlannedRun
from vitrine.experiments.compare.runner import Event, Options, Tell, do_runs
from vitrine.training.machine.interrupts import ignoring_interrupts

MOST_DEATHS = 3  # of workers, for each run that is to be done


def spread_runs(runs: Sequence[PlannedRun], options: Options, tell: Tell, workers: int) -> None:
    """Does the runs in several processes, each with its share of the processor's cores.

    Args:
        runs: all of the comparison; done and failed ones are passed over.
        options: for all workers; `threads` is set here.
        tell: called in this process.
        workers: number of processes; 1 does the runs in this one.

    Raises:
        UserError: workers die again and again, or one found something that a person must mend.
        KeyboardInterrupt: somebody stopped it; the workers have kept what they did.
    """
    if workers == 1:
        do_runs(runs, options, tell)
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with _ending_in_order():
        _Crew(runs, replace(options, threads=max(1, cores // workers)), tell).work(workers)


class _Crew:
    """The worker processes and the pipes that they speak through; a pipe of its own each, so that none can block."""

    def __init__(self, runs: Sequence[PlannedRun], options: Options, tell: Tell) -> None:
        self.runs, self.options, self.tell = runs, options, tell
        self.context = multiprocessing.get_context("spawn")  # threads and a GPU do not survive a fork
        self.members: dict[Connection, BaseProcess] = {}
        self.deaths = 0
        self.fault: str | None = None

    def work(self, workers: int) -> None:
        try:
            for _ in range(min(workers, len(self.runs))):
                self._hire()
            while self.members:
                for pipe in wait(list(self.members)):
                    self._listen(cast("Connection", pipe))  # its class has another name on Windows
        except BaseException:
            self._dismiss()
            raise
        if self.fault is not None:
            raise UserError(self.fault)

    def _hire(self) -> None:
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_work, args=(self.runs, self.options, theirs))
        with ignoring_interrupts():
            process.start()
        theirs.close()  # so that the end of the worker closes the pipe
        self.members[ours] = process

    def _listen(self, pipe: Connection) -> None:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            self._bury(pipe)
            return
        if isinstance(message, Event):
            self.tell(message)
        else:
            self.fault = str(message)

    def _bury(self, pipe: Connection) -> None:
        """A worker has ended; one that died is replaced, and its run taken over by whoever comes first."""
        process = self.members.pop(pipe)
        process.join()
        if process.exitcode == 0 or self.fault is not None:
            return
        self.deaths += 1
        if self.deaths > MOST_DEATHS * len(self.runs):
            raise UserError(f"the workers die again and again (exit code {process.exitcode}); try --workers 1")
        self.tell(Event("note", "", text=f"a worker has died (exit code {process.exitcode}); another one goes on"))
        self._hire()

    def _dismiss(self) -> None:
        """Asks all workers to keep what they did, and waits for them."""
        for process in self.members.values():
            process.terminate()
        for process in self.members.values():
            process.join()


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """A request of the system to end is answered like Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _work(runs: Sequence[PlannedRun], options: Options, pipe: Connection) -> None:
    """The life of a worker."""
    from vitrine.models.quiet import silence_transformers

    silence_transformers()

    def tell(event: Event) -> None:
        try:
            pipe.send(event)
        except OSError:  # nobody is left to tell
            raise KeyboardInterrupt from None

    with contextlib.suppress(KeyboardInterrupt), _ending_in_order():
        try:
            do_runs(runs, options, tell)
        except UserError as error:
            pipe.send(str(error))
