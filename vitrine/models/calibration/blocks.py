"""Functions of the answers to each picture, computed for some thousand pictures at a time: there may be millions."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from vitrine.records.scratch import scratch_array

MOST_NUMBERS = 250_000  # of the first array, that are looked at together: 2 MB, which a processor's cache holds


def by_blocks(
    compute: Callable[..., npt.NDArray[Any]], first: npt.NDArray[Any], *others: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """The result of a function for all rows, without temporary arrays of that size; a large result lies in a file.

    Args:
        compute: gives a row for each row that it is given, whatever the other rows are.
        first: its first argument, `[rows, ...]`.
        others: its further arguments, of as many rows.
    """
    rows = len(first)
    size = max(1, MOST_NUMBERS * rows // max(1, first.size))
    head = compute(first[:size], *(other[:size] for other in others))
    if rows <= size:
        return head
    result = scratch_array((rows, *head.shape[1:]), head.dtype)
    result[:size] = head
    for start in range(size, rows, size):
        block = slice(start, start + size)
        result[block] = compute(first[block], *(other[block] for other in others))
    return result
