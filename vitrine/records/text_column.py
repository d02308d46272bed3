"""Texts in a column: an object of Python for each would take three times the memory, and there may be millions."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

import pyarrow as pa

AT_ONCE = 10_000  # that are objects of Python


class TextColumn(Sequence[str]):
    """Texts that are made when they are asked for.

    Args:
        texts: are gone through once.

    Attributes:
        column: the same for pyarrow.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        rest = iter(texts)
        parts = []
        while some := list(islice(rest, AT_ONCE)):
            parts.append(pa.array(some, pa.string()))
        self.column = pa.chunked_array(parts, pa.string())

    def __len__(self) -> int:
        return len(self.column)

    def __iter__(self) -> Iterator[str]:
        for part in self.column.chunks:
            yield from part.to_pylist()

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        text: str = self.column[range(len(self))[row]].as_py()
        return text
