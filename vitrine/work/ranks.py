"""Units of work shared out among the ranks of a job that torchrun or Slurm started."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from vitrine.errors import UserError
from vitrine.work.local import LocalPool, count_cores
from vitrine.work.unit import AnyWork

# Variables that say which of how many processes this one is: torchrun's, those of a Slurm array, those of srun.
# SLURM_NTASKS says nothing: a batch script has it, too, and SLURM_PROCID=0, although it is one process alone.
RANKS = (
    ("RANK", "WORLD_SIZE"),
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)


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
    """

    rank: int
    count: int
    workers: int | None = None

    @classmethod
    def from_environment(cls, workers: int | None = None) -> Self:
        """As torchrun or Slurm say.

        Raises:
            UserError: neither says anything, as in a batch script without `srun`.
        """
        for rank, count in RANKS:
            if rank in os.environ and count in os.environ:
                place = _number(rank, 0)
                if rank == "SLURM_ARRAY_TASK_ID":  # an array may begin anywhere, and leave numbers out
                    place = (place - _number("SLURM_ARRAY_TASK_MIN", 0)) // _number("SLURM_ARRAY_TASK_STEP", 1, least=1)
                return cls(place, _number(count, 1, least=1), workers)._checked(rank)
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
        neighbors = _number("LOCAL_WORLD_SIZE", 1, least=1)  # ranks of torchrun on this machine
        workers = self.workers or max(1, count_cores() // neighbors)
        yield from LocalPool(workers).run(self.share(works))


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
