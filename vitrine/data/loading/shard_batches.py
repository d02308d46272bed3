"""An order of the training pictures in which every process reads files of its own, a few of them at a time."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from torch.utils.data import Sampler

from vitrine.data.prepared.shards import list_shards
from vitrine.errors import UserError
from vitrine.records.prepared import PICTURES

SHARDS_AT_A_TIME = 4  # pictures are mixed within so many files; more mix better, fewer need less memory for the pages

Rows = npt.NDArray[np.int64]


def find_shards(folder: Path, split: str, files: Sequence[str]) -> list[Rows]:
    """Which rows of a split lie in which file of the prepared data set.

    Args:
        folder: of the prepared data set.
        split: its name.
        files: of the rows of the split, in their order.

    Returns:
        For each file of pictures the rows that it holds.
    """
    shards = [datasets.Dataset.from_file(str(path)) for path in list_shards(folder / PICTURES, split)]
    known = pa.chunked_array([chunk for shard in shards for chunk in shard.data.column("file").chunks], pa.string())
    held_by = np.repeat(np.arange(len(shards)), [len(shard) for shard in shards])
    return group_rows(held_by[pc.index_in(pa.array(files, pa.string()), known).to_numpy()])


def group_rows(numbers: npt.NDArray[np.integer]) -> list[Rows]:
    """For each file of pictures the rows that it holds, of the number of the file of each row."""
    return [np.flatnonzero(numbers == number) for number in range(numbers.max(initial=-1) + 1)]


class ShardBatches(Sampler[list[int]]):
    """What one process takes of every optimiser step, all of it from files that no other process reads.

    For sets that do not fit into the memory, or lie on a disk that every machine reaches over a network: a machine
    reads its own files one after the other, where the order of `StepBatches` jumps through all of them. Each picture is
    seen once in an epoch, nothing is dropped or repeated. Files, and pictures within a few files, come in a new order
    in each epoch that depends on (seed, epoch) alone. Processes with more pictures take more of them in every step.

    Args:
        shards: the rows of the split that each file holds, of all files.
        step_size: most pictures of a step, over all processes, but for one that each process may add.
        seed: of the order.
        processes: how many share the files.
        process: which of them this is.

    Attributes:
        steps: optimiser steps in an epoch.
        length: pictures of an epoch, over all processes.

    Raises:
        UserError: there are too few files, or one process has too few pictures.
    """

    def __init__(self, shards: Sequence[Rows], step_size: int, seed: int, processes: int = 1, process: int = 0) -> None:
        if len(shards) < processes:
            raise UserError(
                f"engine.reading: 'shards' and 'streamed' need a file of pictures for each of {processes} processes, "
                f"and there are {len(shards)} (one for every 256 MB). Take engine.reading=mixed, or fewer processes"
            )
        self.shares = _deal(shards, processes)
        self.process = process
        self.seed = seed
        self.lengths = [sum(map(len, share)) for share in self.shares]
        self.length = sum(self.lengths)
        self.steps = math.ceil(self.length / step_size)
        if min(self.lengths) < self.steps:
            raise UserError(
                f"engine.reading: with 'shards' and 'streamed' one process has {min(self.lengths)} pictures for "
                f"{self.steps} steps of an epoch. Take engine.reading=mixed, or a larger optim.batch_size"
            )
        self.epoch = 0
        self.first_step = 0

    def start(self, epoch: int, first_step: int = 0) -> None:
        """Chooses what the next iteration gives."""
        self.epoch, self.first_step = epoch, first_step

    def size(self, step: int) -> int:
        """Pictures of a step, over all processes."""
        return sum(end - start for start, end in (self._part(length, step) for length in self.lengths))

    def __iter__(self) -> Iterator[list[int]]:
        random = np.random.default_rng((self.seed, self.epoch, self.process))
        share = self.shares[self.process]
        order = [share[number] for number in random.permutation(len(share))]
        groups = [np.concatenate(order[i : i + SHARDS_AT_A_TIME]) for i in range(0, len(order), SHARDS_AT_A_TIME)]
        rows = np.concatenate([random.permutation(group) for group in groups])
        for step in range(self.first_step, self.steps):
            start, end = self._part(len(rows), step)
            yield rows[start:end].tolist()

    def __len__(self) -> int:
        return self.steps - self.first_step

    def _part(self, length: int, step: int) -> tuple[int, int]:
        return length * step // self.steps, length * (step + 1) // self.steps


def _deal(shards: Sequence[Rows], processes: int) -> list[list[Rows]]:
    """The largest files first, each to the process that has the fewest pictures so far."""
    shares: list[list[Rows]] = [[] for _ in range(processes)]
    for shard in sorted(shards, key=len, reverse=True):
        min(shares, key=lambda share: sum(map(len, share))).append(shard)
    return shares
