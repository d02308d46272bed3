"""From a CSV, TSV, Parquet or JSON-lines file to rows of text, with the columns that matter found by their names."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.encoding import UnsureEncodingError, is_unicode
from vitrine.data.sources.files import TABLE_EXTENSIONS
from vitrine.data.sources.table_formats import USUAL_NAMES, Table, plain_column, read_csv, read_table
from vitrine.errors import ParameterError, UserError
from vitrine.listing import list_names

SUFFIXES = TABLE_EXTENSIONS
WHAT = {"image": "picture", "label": "class", "split": "split", "group": "group", "subgroup": "sub-group"}


@dataclass(frozen=True)
class Row:
    """One row as text, "" where a cell is empty; `number` is that of a spreadsheet, or counts from 1 without one."""

    number: int
    image: str
    label: str
    split: str
    group: str
    subgroup: str = ""


def read_rows(
    table: Path,
    columns: ColumnsSection | None = None,
    separator: str | None = None,
    needs_label: bool = True,
    encoding: str | None = None,
) -> list[Row]:
    """Reads the columns of a table that matter.

    Args:
        table: an existing file; its extension tells the format.
        columns: their names; None, and each that is null, takes the usual ones.
        separator: of a CSV; None finds it out.
        needs_label: whether a table without a class for its pictures is a mistake.
        encoding: code page of text that is not in UTF-8; None finds it out.

    Raises:
        UserError: the table cannot be read, or a column is missing, there twice, or could be one of several.
    """
    wanted = [name for name in (columns or ColumnsSection()).model_dump().values() if name]
    content = read_table(
        table, separator, [*wanted, *(name for names in USUAL_NAMES.values() for name in names)], encoding
    )
    chosen = _choose_columns(table, content.names, columns or ColumnsSection(), needs_label)
    places = {role: content.names.index(name) if name else None for role, name in chosen.items()}
    cells = [
        (number, {role: _read_cell(table, number, role, chosen[role], row, at) for role, at in places.items()})
        for number, row in content.rows
    ]
    whole = _are_whole_numbers(row["label"] for _, row in cells)
    if whole:
        cells = [(number, row | {"label": row["label"].partition(".")[0]}) for number, row in cells]
    return [Row(number, **row) for number, row in cells]


def read_cells(
    table: Path, encoding: str | None = None, known: Container[str] = ()
) -> tuple[list[str], list[tuple[int, Sequence[str]]]]:
    """Column names of a CSV and its rows as they stand, with the numbers of a spreadsheet.

    Args:
        table: an existing file.
        encoding: its code page, where it is not in UTF-8; None finds it out.
        known: names that its cells may hold: where several code pages could be meant, the one that gives most of them
            is taken, else the likeliest.

    Raises:
        UserError: it cannot be read.
    """
    try:
        content = read_csv(table, None, None if encoding is None or is_unicode(table) else encoding)
    except UnsureEncodingError as error:
        readings = list(_read_as_each(table, error.pages))
        if not readings:
            raise
        content = max(readings, key=lambda one: sum(cell in known for _, row in one.rows for cell in row))
    return content.names, [(number, [str(cell) for cell in row]) for number, row in content.rows]


def _read_as_each(table: Path, pages: Iterable[str]) -> Iterator[Table]:
    for page in pages:
        with suppress(UserError):  # what is not a letter in a page may divide cells
            yield read_csv(table, None, page)


def _are_whole_numbers(labels: Iterable[str]) -> bool:
    """Whether all labels are whole numbers, some written as 1.0, as spreadsheets do where a cell is empty."""
    return all(re.fullmatch(r"[+-]?\d+(\.0+)?", label) for label in labels if label)


def _choose_columns(table: Path, names: list[str], columns: ColumnsSection, needs_label: bool) -> dict[str, str | None]:
    """The column name of each role, None where the table has none."""
    chosen = {}
    for role, usual in USUAL_NAMES.items():
        given = getattr(columns, role)
        needed = role == "image" or (role == "label" and needs_label)
        chosen[role] = (
            _check_given(table, names, role, given) if given else _choose_usual(table, names, role, usual, needed)
        )
    taken: dict[str, str] = {}
    for role, name in chosen.items():
        if name and names.count(name) > 1:
            raise UserError(f"{table}: has two columns named '{name}'; rename one of them")
        if name and name in taken:
            raise UserError(
                f"data.columns.{role}: '{name}' is the column of the {WHAT[taken[name]]} already; "
                f"the columns of {table} are {list_names(names)}"
            )
        if name:
            taken[name] = role
    return chosen


def _check_given(table: Path, names: list[str], role: str, given: str) -> str:
    if given in names:
        return given
    lower = {name.lower(): name for name in names}
    close = get_close_matches(given.lower(), lower, n=1)
    hint = f"; did you mean '{lower[close[0]]}'?" if close else ";"
    raise UserError(f"data.columns.{role}: {table} has no column '{given}'{hint} Its columns are {list_names(names)}")


def _choose_usual(table: Path, names: list[str], role: str, usual: Sequence[str], needed: bool) -> str | None:
    found = [name for name in names if plain_column(name) in usual]
    if len(found) == 1:
        return found[0]
    if not found and not needed:
        return None
    if role == "label" and not needed:
        return None
    what = f"could be {' or '.join(map(repr, found))}" if found else "is not among those with a usual name"
    alike = [name for name in names if get_close_matches(plain_column(name), usual, n=1, cutoff=0.75)]
    if not found and alike:
        what += f" (did you mean '{alike[0]}'?)"
    raise ParameterError(
        f"data.columns.{role}",
        f"the column of the {WHAT[role]} in {table} {what}",
        f"name it. Its columns are {list_names(names)}",
        f"call it '{role}', and no other one so. Its columns are {list_names(names)}",
    )


def _read_cell(table: Path, number: int, role: str, name: str | None, row: Sequence[object], at: int | None) -> str:
    """The text of a cell; a file may be called with a blank at its end, a class or a person is not."""
    text = "" if at is None else _to_text(table, number, name, row[at])
    return text if role == "image" else text.strip()


def _to_text(table: Path, number: int, name: str | None, value: object) -> str:
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes) or (isinstance(value, dict) and "bytes" in value):
        raise UserError(
            f"{table}: the column '{name}' holds pictures, not paths; "
            "for a copy of a Hugging Face data set give the folder that this file lies in"
        )
    if isinstance(value, list) and len(value) > 1:
        raise UserError(
            f"data.columns: '{name}' in row {number} of {table} holds several values "
            f"({', '.join(map(str, value[:5]))}), and a picture has one; keep one in the table, or name another column"
        )
    if isinstance(value, list | dict):
        raise UserError(f"{table}: '{name}' in row {number} holds {type(value).__name__}, not one text or number")
    return text if (text := str(value)).strip() else ""
