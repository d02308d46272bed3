"""Where a name stands in a column, in 12 bytes for each: there may be millions, and a dict takes ten times that."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NAMES_AT_ONCE = 10_000  # that are objects of Python


class NameIndex:
    """Finds the row of a name by its hash; what is found is compared, so that names of equal hash are told apart.

    Args:
        names: texts, without nulls; they are not copied, and may lie in a file.
        rows: those that count, `[rows]`; of rows with equal names the last one. None: all, in their order.
    """

    def __init__(self, names: pa.ChunkedArray, rows: npt.NDArray[np.int64] | None = None) -> None:
        self._names = names
        hashes = np.fromiter(map(hash, _each(names)), np.int64, len(names))
        rows = np.arange(len(names)) if rows is None else rows
        order = np.argsort(hashes[rows], kind="stable")
        self._hashes = hashes[rows[order]]
        self._rows = rows[order].astype(np.uint32)

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> int | None:
        """The row of a name; None where there is none."""
        wanted = hash(name)
        place = int(np.searchsorted(self._hashes, wanted, side="right")) - 1
        while place >= 0 and self._hashes[place] == wanted:
            row = int(self._rows[place])
            if self._names[row].as_py() == name:
                return row
            place -= 1
        return None


def _each(names: pa.ChunkedArray) -> Iterator[str]:
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield from names.slice(start, NAMES_AT_ONCE).to_pylist()
