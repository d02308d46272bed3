"""The files of training pictures, of which a machine that streams them has a few at a time."""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from vitrine.data.manifest.split_names import TRAIN
from vitrine.records.checksums import Checksums
from vitrine.records.prepared import PICTURES, PreparedFacts

# Of the first files: 20,000 pictures of 224 px, for all that looks at some training pictures beside the epochs.
KEPT_BYTES = 3_000_000_000


@dataclass(frozen=True)
class TrainingFiles:
    """Where the files of training pictures are.

    Attributes:
        address: of the data set.
        folder: its copy on this machine, which has some of them.
        sums: of all of them by their names below both, in the order of their numbers.
    """

    address: str
    folder: Path
    sums: Checksums

    def describe(self) -> str:
        """How much is where, in a sentence."""
        here = sum((self.folder / name).exists() for name in self.sums)
        size = sum(one.size_bytes for one in self.sums.values())
        return (
            f"streamed: {len(self.sums) - here:,} of {len(self.sums):,} files of training pictures "
            f"({size / 1e9:,.1f} GB in all) are fetched from {self.address} in every epoch"
        )


def list_training_files(facts: PreparedFacts) -> list[str]:
    """Names of the files of training pictures, in their order; none of data sets of earlier versions."""
    return sorted(name for name in facts.files if name.startswith(f"{PICTURES}/{TRAIN}-"))


def list_kept_files(facts: PreparedFacts) -> list[str]:
    """Names of the first of them, which stay on every machine: pictures lie in them in no order."""
    names = list_training_files(facts)
    ends = accumulate(facts.files[name].size_bytes for name in names)
    return [name for number, (name, end) in enumerate(zip(names, ends, strict=True)) if end <= KEPT_BYTES or number < 1]
