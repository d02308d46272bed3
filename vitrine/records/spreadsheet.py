"""Tables that people open in a spreadsheet: a name that would be a formula there stays text, and is read back exactly.

A spreadsheet computes a cell that begins with =, +, - or @: a class called `=1+1` would be shown as 2, and a name out
of somebody else's archive could open a web address. Such a cell gets an apostrophe before it; see also
https://owasp.org/www-community/attacks/CSV_Injection.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.records.atomic import write_parts

if TYPE_CHECKING:
    import pandas as pd  # in functions alone: a page that writes no table of pandas runs without it

# With apostrophes before it, too, so that a name that itself begins with one is read back as it was.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001 (the wide ones of East Asian keyboards)
_GUARDED = re.compile(f"'{_FORMULA.pattern}")


ROWS_AT_ONCE = 20_000


def guard_cell(text: str) -> str:
    """The text as a spreadsheet can hold it, with an apostrophe before what would be a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard_cell(text: str) -> str:
    """What `guard_cell` was given; text that was never guarded stays as it is."""
    return text[1:] if _GUARDED.match(text) else text


def guard_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table, by column, with its texts guarded."""
    return {name: guard_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()}


def write_guarded_csv(path: Path, table: "pd.DataFrame") -> None:
    """Writes a table as CSV, with its texts guarded and without its index; whole or not at all, as `write_parts`."""
    starts = range(0, max(1, len(table)), ROWS_AT_ONCE)
    write_guarded_parts(path, (table.iloc[start : start + ROWS_AT_ONCE] for start in starts))


def write_guarded_parts(path: Path, parts: "Iterable[pd.DataFrame]") -> None:
    """As `write_guarded_csv`, a table that is never held as a whole.

    Args:
        path: the file.
        parts: the table, some rows at a time: there may be millions; at least one, which has the columns.
    """
    write_parts(path, (_spell(part, place == 0).encode() for place, part in enumerate(parts)))


def _spell(part: "pd.DataFrame", is_first: bool) -> str:
    guarded = {name: _map_texts(part[name], guard_cell) for name in _text_columns(part)}
    return part.assign(**guarded).to_csv(index=False, header=is_first)


def read_guarded_csv(path: Path, text_columns: tuple[str, ...] = ()) -> "pd.DataFrame":
    """Reads a CSV of `write_guarded_csv`, and one whose cells were never guarded.

    Args:
        path: the file.
        text_columns: whose cells are text, whatever they look like: a class may be called "NA", "null" or "007".

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a table.
    """
    import pandas as pd

    table = pd.read_csv(path, dtype=dict.fromkeys(text_columns, str), keep_default_na=False)
    return table.assign(**{name: _map_texts(table[name], unguard_cell) for name in _text_columns(table)})


def _text_columns(table: "pd.DataFrame") -> list[str]:
    from pandas.api.types import is_object_dtype, is_string_dtype

    return [str(name) for name in table if is_object_dtype(table[name]) or is_string_dtype(table[name])]


def _map_texts(column: "pd.Series[Any]", change: Callable[[str], str]) -> "pd.Series[Any]":
    return column.map(lambda cell: change(cell) if isinstance(cell, str) else cell).astype(column.dtype)
