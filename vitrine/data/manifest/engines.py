"""Who does units of work: processes of this machine, or the ranks of a job on many machines.

A unit (`Work`) does nothing the second time, so that it may be done again by anybody whenever it is not known whether
it was done. What a unit gives lies on the disk; between processes only its description travels.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Protocol, Self, TypeVar

from vitrine.errors import UserError

# Variables that say which of how many processes this one is: torchrun's, those of a Slurm array, those of srun.
RANKS = (
    ("RANK", "WORLD_SIZE", ""),
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"),
    ("SLURM_PROCID", "SLURM_NTASKS", ""),
)


class Work(Protocol):
    """A unit of work; see `Shard`."""

    def is_done(self) -> bool:
        """Whether it was done before."""

    def do(self) -> None:
        """Does it; whole or not at all."""

    def split(self) -> Sequence[Self]:
        """Its smallest parts, to find the one that ends whoever does it."""

    def give_up(self) -> None:
        """Notes that it cannot be done."""

    def join(self, ones: Sequence[Self]) -> None:
        """Makes it done of its parts."""


AnyWork = TypeVar("AnyWork", bound=Work)


class Engine(Protocol):
    """Does units of work."""

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does those of them that are its own and not done yet; yields each when it is done."""


@dataclass(frozen=True)
class LocalPool:
    """Processes of this machine.

    Attributes:
        workers: processes; None: one for each core.
    """

    workers: int | None = None

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does what is not done; a process that dies costs its unit a second attempt, never the job."""
        unfinished: list[AnyWork] = []
        for work in works:
            if work.is_done():
                yield work
            else:
                unfinished.append(work)
        workers = self.workers or os.cpu_count() or 1
        while unfinished:
            lost: set[int] = set()
            for work, done in _attempt(unfinished, workers):
                if done:
                    yield work
                else:
                    lost.add(id(work))
            # Units are taken in order: those that were under way or next are among the first that are not done.
            waiting = [work for work in unfinished if id(work) in lost]
            for work in waiting[: 2 * workers + 1]:
                _insist(work)
                yield work
            unfinished = waiting[2 * workers + 1 :]


def _attempt(works: Sequence[AnyWork], workers: int) -> Iterator[tuple[AnyWork, bool]]:
    """Does units in fresh processes; with each, whether it was done before one of the processes died."""
    if not works:
        return
    with ProcessPoolExecutor(min(workers, len(works)), get_context("spawn")) as pool:
        futures: dict[Future[None], AnyWork] = {}
        rest: list[AnyWork] = []
        for work in works:
            try:
                futures[pool.submit(work.do)] = work
            except BrokenProcessPool:
                rest.append(work)
        for future in as_completed(futures):
            try:
                future.result()
                yield futures[future], True
            except BrokenProcessPool:
                yield futures[future], False
    for work in rest:
        yield work, False


def _insist(work: AnyWork) -> None:
    """Does a unit alone; if that ends its process twice, in its parts, giving up those that do."""
    if _is_done_alone(work):
        return
    parts = work.split()
    if len(parts) > 1:
        for part in parts:
            _insist(part)
        work.join(parts)
    else:
        work.give_up()


def _is_done_alone(work: AnyWork) -> bool:
    """Two attempts: the first may have been ended by chance, as by somebody short of memory."""
    return any(done for _ in range(2) for _, done in _attempt([work], 1))


@dataclass(frozen=True)
class Ranks:
    """This process as one of several that share a disk and know nothing of each other.

    Attributes:
        rank: number of this one, from 0.
        count: of all.
        workers: see `LocalPool`.
    """

    rank: int
    count: int
    workers: int | None = None

    @classmethod
    def from_environment(cls, workers: int | None = None) -> Self:
        """As torchrun or Slurm say.

        Raises:
            UserError: neither says anything.
        """
        for rank, count, first in RANKS:
            if rank in os.environ and count in os.environ:
                return cls(int(os.environ[rank]) - int(os.environ.get(first, 0)), int(os.environ[count]), workers)
        raise UserError(
            "--run-on ranks: neither torchrun nor Slurm started this (RANK and WORLD_SIZE are not set); start it by "
            "`torchrun --nproc-per-node 4 data_prep.py ...` or in a Slurm array, or use --run-on local"
        )

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does its share; then what is missing may be another's that has not ended yet."""
        yield from LocalPool(self.workers).run(works[self.rank :: self.count])
