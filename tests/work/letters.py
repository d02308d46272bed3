"""A unit of work for tests: it writes letters down, and some letters end the process that reads them."""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.sources.archive_limits import ArchiveError
from vitrine.work.journal import NO_ITEM
from vitrine.work.part import Part


class UnpicklableError(Exception):
    """What no other process can have, as errors of some libraries."""

    def __reduce__(self):
        raise TypeError("it cannot be pickled")


@dataclass(frozen=True)
class Letters(Part):
    """Letters of which "x" ends its process always, "y" the first time, and "z" always while nothing is at hand.

    Attributes:
        letters: to be written.
    """

    letters: str

    @cached_property
    def name(self):
        return self.letters

    def make(self, note):
        written = []
        for place, letter in enumerate(self.letters):
            note(NO_ITEM if letter == "z" else place)
            if place in self.deaths.culprits:
                written.append("?")
                continue
            self._read(letter)
            written.append(letter)
        return pa.table({"letter": written})

    def _read(self, letter):
        mark = self.folder / f".{letter}"
        if letter in "xz" or (letter == "y" and not mark.exists()):
            mark.touch()
            os._exit(9)
        if letter == "w":
            raise FileNotFoundError("no such letter")
        if letter == "v":
            raise ArchiveError(Path("letters.zip"), "damaged", "get it again")
        if letter == "u":
            raise UnpicklableError("of a library")


@dataclass(frozen=True)
class Loaded(Letters):
    """Whether a module was imported where this is done."""

    def make(self, note):
        return pa.table({"letter": ["yes" if self.letters in sys.modules else "no"]})


def run(engine, folder, *words):
    """What an engine makes of words, each of which it must yield once."""
    done = list(engine.run([Letters(word, folder=folder) for word in words]))
    assert sorted(one.letters for one in done) == sorted(words)
    return read(folder, *words)


def read(folder, *words):
    return ["".join(pq.read_table(folder / f"{word}.parquet")["letter"].to_pylist()) for word in words]
