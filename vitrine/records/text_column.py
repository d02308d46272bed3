"""Texts in a column: an object of Python for each would take three times the memory, and there may be millions."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, pairwise
from operator import lt
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from vitrine.records.scratch import MOST_IN_MEMORY, scratch_array

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 10_000  # that are objects of Python
# What of a file's name is no UTF-8 is letters of their own to Python; written so, they sort as Python sorts them.
ODD_LETTERS = "surrogatepass"


class TextColumn(Sequence[str]):
    """Texts that are made when they are asked for; where they are many, they lie in temporary files.

    Args:
        texts: are gone through once.

    Attributes:
        is_ascending: whether each stands behind the one before it, so that none is there twice.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.is_ascending = True
        self._parts: list[_Part] = []
        rest, building, last = iter(texts), _Building(), None
        while some := list(islice(rest, AT_ONCE)):
            self.is_ascending &= (last is None or last < some[0]) and all(map(lt, some, islice(some, 1, None)))
            last = some[-1]
            building.add(some)
            if building.size_bytes > MOST_IN_MEMORY:
                self._parts.append(building.build())
                building = _Building()
        self._parts.append(building.build())
        self._starts = list(accumulate(map(len, self._parts), initial=0))

    @property
    def column(self) -> "pa.ChunkedArray":
        """The same for pyarrow; nothing is copied."""
        import pyarrow as pa  # who lists a folder may do without it

        return pa.chunked_array([part.to_arrow() for part in self._parts], pa.string())

    def order(self) -> npt.NDArray[np.int64]:
        """The rows in the order of their texts, as Python sorts them; those of equal ones stay in theirs."""
        import pyarrow.compute as pc  # likewise

        rows: npt.NDArray[np.uint64] = pc.sort_indices(self.column).to_numpy()
        return rows.view(np.int64)

    def sorted(self) -> "TextColumn":
        """All texts as Python sorts them; itself where they are sorted."""
        if self.is_ascending:
            return self
        if len(self._parts) == 1:  # of few, that is as fast, and needs no library
            return TextColumn(sorted(self))
        rows = self.order()
        parts = (self.take(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))
        return TextColumn(text for part in parts for text in part)

    def take(self, rows: range | npt.NDArray[np.int64]) -> list[str]:
        """The texts of some rows, in the order of those; a range is faster."""
        if isinstance(rows, range) and rows.step == 1:
            return [text for part, start, stop in self._spans(rows) for text in part.read(start, stop)]
        rows = np.asarray(rows, np.int64)
        places = np.searchsorted(self._starts, rows, side="right") - 1
        within = rows - np.asarray(self._starts)[places]
        return [self._parts[at].read_one(row) for at, row in zip(places.tolist(), within.tolist(), strict=True)]

    def _spans(self, rows: range) -> "Iterator[tuple[_Part, int, int]]":
        """The parts that hold rows which follow each other, and which of theirs those are."""
        for part, begin in zip(self._parts, self._starts, strict=False):
            start, stop = max(0, rows.start - begin), min(len(part), rows.stop - begin)
            if start < stop:
                yield part, start, stop

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), AT_ONCE):
            yield from self.take(range(start, min(start + AT_ONCE, len(self))))

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return self.take(range(*row.indices(len(self))))
        row = range(len(self))[row]
        place = bisect_right(self._starts, row) - 1
        return self._parts[place].read_one(row - self._starts[place])


class _Part:
    """Some texts, one behind the other.

    Args:
        ends: where each ends in the letters, behind a zero, `[texts + 1]`.
        letters: of all, in UTF-8.
    """

    def __init__(self, ends: npt.NDArray[np.int32], letters: npt.NDArray[np.uint8]) -> None:
        self._arrays = ends, letters
        self._ends, self._letters = ends.data, letters.data

    def __len__(self) -> int:
        return len(self._ends) - 1

    def read_one(self, row: int) -> str:
        return str(self._letters[self._ends[row] : self._ends[row + 1]], "utf-8", ODD_LETTERS)

    def read(self, start: int, stop: int) -> list[str]:
        """Those from a row up to another one."""
        first, *ends = self._ends[start : stop + 1].tolist()
        letters = bytes(self._letters[first : ends[-1]])
        if letters.isascii():
            text = letters.decode("ascii")
            return [text[begin - first : end - first] for begin, end in pairwise((first, *ends))]
        each = (letters[begin - first : end - first] for begin, end in pairwise((first, *ends)))
        return [some.decode("utf-8", ODD_LETTERS) for some in each]

    def to_arrow(self) -> "pa.Array":
        import pyarrow as pa

        return pa.Array.from_buffers(pa.string(), len(self), [None, *map(pa.py_buffer, self._arrays)])


class _Building:
    """A part that grows."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._lengths: list[npt.NDArray[np.int32]] = [np.zeros(1, np.int32)]
        self._letters: list[bytes] = []

    def add(self, texts: Sequence[str]) -> None:
        encoded = [text.encode("utf-8", ODD_LETTERS) for text in texts]
        self._lengths.append(np.fromiter(map(len, encoded), np.int32, len(encoded)))
        self._letters.append(b"".join(encoded))
        self.size_bytes += len(self._letters[-1]) + self._lengths[-1].nbytes

    def build(self) -> _Part:
        """All of it, in one piece of memory or in a file."""
        lengths = np.concatenate(self._lengths)
        room = scratch_array((lengths.nbytes + sum(map(len, self._letters)),), np.uint8)
        ends, letters = room[: lengths.nbytes].view(np.int32), room[lengths.nbytes :]
        np.cumsum(lengths, dtype=np.int32, out=ends)
        start = 0
        for some in self._letters:
            letters[start : start + len(some)] = np.frombuffer(some, np.uint8)
            start += len(some)
        return _Part(ends, letters)
