"""Units of work shared out among the ranks of a job that torchrun or Slurm started."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Self

from vitrine.errors import UserError
from vitrine.work.local import LocalPool, count_cores
from vitrine.work.part import OneFile
from vitrine.work.unit import AnyWork

# Variables that say which of how many processes this one is: torchrun's, those of a Slurm array, those of srun.
# SLURM_NTASKS says nothing: a batch script has it, too, and SLURM_PROCID=0, although it is one process alone.
RANKS = (
    ("RANK", "WORLD_SIZE"),
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)


LONGEST_UNIT = 1_800.0  # seconds after which a rank that has done none of its units is taken for dead
SECONDS_BETWEEN_LOOKS = 2.0
LOOKS_A_SECOND = 50  # at files, by one rank: the disk is for those that work


class OthersAtWorkError(Exception):
    """What is left is for others to do, who have not ended yet; it is nobody's mistake. The message says what."""


class NothingLeftError(OthersAtWorkError):
    """Others have done all, or the last step of it is in their hands."""


@dataclass(frozen=True)
class Ranks:
    """This process as one of several that share a disk and know nothing of each other.

    Attributes:
        rank: number of this one, from 0.
        count: of all.
        workers: processes of this rank; None: its share of the cores of this machine.
        are_together: whether all were started at once, so that they may wait for each other; tasks of an array may be
            queued until others end.
    """

    rank: int
    count: int
    workers: int | None = None
    are_together: bool = False

    @classmethod
    def from_environment(cls, workers: int | None = None) -> Self:
        """As torchrun or Slurm say.

        Raises:
            UserError: neither says anything, as in a batch script without `srun`.
        """
        for rank, count in RANKS:
            if rank in os.environ and count in os.environ:
                place, is_array = _number(rank, 0), rank == "SLURM_ARRAY_TASK_ID"
                if is_array:  # an array may begin anywhere, and leave numbers out
                    place = (place - _number("SLURM_ARRAY_TASK_MIN", 0)) // _number("SLURM_ARRAY_TASK_STEP", 1, least=1)
                return cls(place, _number(count, 1, least=1), workers, not is_array)._checked(rank)
        if "SLURM_JOB_ID" in os.environ:
            raise UserError(
                "--run-on ranks: Slurm runs this once, in a batch script or a shell, whatever --ntasks says; put "
                "`srun` before it, so that each task runs it, or start it in a Slurm array (`sbatch --array=0-9`)"
            )
        raise UserError(
            "--run-on ranks: neither torchrun nor Slurm started this (RANK and WORLD_SIZE are not set); put "
            "`torchrun --standalone --nproc_per_node 4` before it in place of `python`, start it in a Slurm array, or "
            "use --run-on local"
        )

    def _checked(self, variable: str) -> Self:
        if 0 <= self.rank < self.count:
            return self
        raise UserError(
            f"--run-on ranks: {variable}={os.environ[variable]} is none of {self.count} ranks that follow each other; "
            "with torchrun leave both to it, and start an array of Slurm without gaps, such as --array=0-9"
        )

    def share(self, works: Sequence[AnyWork]) -> Sequence[AnyWork]:
        """Every so-many-th of them."""
        return works[self.rank :: self.count]

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does its share; then what is missing may be another's that has not ended yet."""
        yield from self.pool.run(self.share(works))

    @property
    def pool(self) -> LocalPool:
        """The processes of this rank."""
        neighbors = _number("LOCAL_WORLD_SIZE", 1, least=1)  # ranks of torchrun on this machine
        return LocalPool(self.workers or max(1, count_cores() // neighbors))


@dataclass(frozen=True)
class LeadingRank:
    """The rank that answers for all units, whoever helps it.

    Attributes:
        ranks: which one it is.
    """

    ranks: Ranks

    def share(self, works: Sequence[AnyWork]) -> Sequence[AnyWork]:
        """All of them."""
        return works

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does its own share, then what others have not done, beginning with what they come to last."""
        own = range(self.ranks.rank, len(works), self.ranks.count)
        others = [work for place, work in enumerate(works) if place not in own]
        yield from self.ranks.pool.run([*(works[place] for place in own), *reversed(others)])


def _number(variable: str, otherwise: int, least: int = 0) -> int:
    given = os.environ.get(variable)
    if given is None:
        return otherwise
    if not given.isdecimal() or int(given) < least:
        raise UserError(
            f"--run-on ranks: {variable}={given} is no whole number from {least} on; torchrun and Slurm set it by "
            "themselves"
        )
    return int(given)


def wait_until_done(works: Sequence[OneFile]) -> None:
    """Waits until other ranks have done all units, or none for so long that one must have died.

    Args:
        works: of one folder; when that is removed, there is nothing to wait for either.
    """
    left, since = [work for work in works if not work.is_done()], monotonic()
    while left and left[0].folder.is_dir() and monotonic() - since < LONGEST_UNIT:
        sleep(max(SECONDS_BETWEEN_LOOKS, len(left) / LOOKS_A_SECOND))
        still = [work for work in left if not work.is_done()]
        left, since = still, (since if len(still) == len(left) else monotonic())
