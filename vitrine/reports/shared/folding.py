"""Tables with a row for each class: of many classes some rows stand open, and the others are folded away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_OPEN = 40  # rows; a table of more is not read, it is searched


@dataclass(frozen=True)
class Folded:
    """Rows of a table.

    Attributes:
        open: those that a reader sees at once.
        folded: the others, in their order; none of a short table.
        first: how many of the open ones are there for their place at the beginning.
        second: how many for the other reason.
    """

    open: list[Any]
    folded: list[Any]
    first: int
    second: int


def fold_rows(rows: Sequence[Any], also: Sequence[Any]) -> Folded:
    """Of more than 40 rows, keeps the first twenty open and twenty for another reason.

    Args:
        rows: in the order of the table, all different.
        also: the same rows, those first that should be open too.
    """
    if len(rows) <= MOST_OPEN:
        return Folded(list(rows), [], len(rows), 0)
    first = list(rows[: MOST_OPEN // 2])
    seen = {id(row) for row in first}
    chosen = {id(row) for row in [row for row in also if id(row) not in seen][: MOST_OPEN // 2]}
    second = [row for row in rows if id(row) in chosen]
    folded = [row for row in rows if id(row) not in seen | chosen]
    return Folded(first + second, folded, len(first), len(second))
