"""An order in which every class comes equally often."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler


class BalancedSampler(Sampler[int]):
    """A new order for every epoch in which each class comes equally often; the epoch keeps its length.

    Small classes are repeated, of large ones a part is left for the next epochs: the pictures of a class are dealt
    from an endless row of its shuffled packs, so that none comes twice as often as another over a training. The order
    depends on (seed, epoch) alone.

    A picture that comes a second time in an epoch has the number `row + length`, a third time `row + 2 * length`, and
    so on: `number % length` is its row, and the number itself draws another augmentation for each.

    Args:
        label_ids: class of each row of the split.
        seed: of the order.
    """

    def __init__(self, label_ids: Sequence[int] | npt.NDArray[np.int64], seed: int) -> None:
        ids = np.asarray(label_ids, dtype=np.int64)
        self.length = len(ids)
        self.seed = seed
        self.epoch = 0
        self._rows = [np.flatnonzero(ids == label_id) for label_id in np.unique(ids)]

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of the next iteration."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        dealt = np.concatenate([self._deal(rank) for rank in range(len(self._rows))])
        return iter(np.random.default_rng((self.seed, self.epoch)).permutation(dealt).tolist())

    def __len__(self) -> int:
        return self.length

    def _deal(self, rank: int) -> npt.NDArray[np.int64]:
        """The numbers of one class in this epoch."""
        rows = self._rows[rank]
        # floor((n + 0) / k) + ... + floor((n + k - 1) / k) = n (Hermite): all classes together fill every epoch.
        start, end = ((epoch * self.length + rank) // len(self._rows) for epoch in (self.epoch, self.epoch + 1))
        packs = range(start // len(rows), -(-end // len(rows)))
        if not packs:
            return np.empty(0, dtype=np.int64)
        row_of_packs = np.concatenate(
            [np.random.default_rng((self.seed, rank, pack, 1)).permutation(rows) for pack in packs]
        )
        dealt = row_of_packs[start - packs[0] * len(rows) : end - packs[0] * len(rows)]
        return dealt + self.length * _count_earlier(dealt)


def _count_earlier(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often each value came before, within these values: (3, 5, 3, 3) -> (0, 0, 1, 2)."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    places = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    counts = np.empty(len(values), dtype=np.int64)
    counts[order] = places
    return counts
