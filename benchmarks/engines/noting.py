"""Vitrine's unit of work for its own engines, with the notes that the comparison reads."""

from dataclasses import dataclass, replace
from typing import Self

from benchmarks.engines.units import Trouble, do
from vitrine.data.manifest.scan_shards import Shard
from vitrine.work.journal import Journal


@dataclass(frozen=True)
class Noting:
    """A shard that may end its process, as one of its pictures would.

    Attributes:
        shard: to be scanned.
        number: of it.
        trouble: which unit ends its process.
    """

    shard: Shard
    number: int
    trouble: Trouble

    def is_done(self) -> bool:
        """Whether its part is there."""
        return self.shard.is_done()

    def do(self) -> None:
        """Scans, or dies."""
        trouble = Trouble() if self.shard.deaths.culprits else self.trouble
        with Journal(self.shard.journal) as journal:
            journal.note(0)
            do(self.number, self.shard, trouble)

    def blame(self) -> Self:
        """As that of the shard."""
        blamed = self.shard.blame()
        return self if blamed is self.shard else replace(self, shard=blamed)
