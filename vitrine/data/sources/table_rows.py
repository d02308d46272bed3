"""From a CSV, TSV, Parquet or JSON-lines file to rows of text, with the columns that matter found by their names."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from vitrine.config.data import ColumnsSection
from vitrine.data.sources.files import TABLE_EXTENSIONS
from vitrine.errors import UserError

SUFFIXES = TABLE_EXTENSIONS
# The one that divides the first line, which holds the names, into most parts is taken. (csv.Sniffer judges by the text
# below too, where descriptions hold commas and semicolons of their own, and takes the likeliest without asking.)
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
USUAL_NAMES = {
    "image": (
        "image", "image_path", "image_file", "image_name", "img", "img_path", "picture", "photo", "file", "files",
        "file_name", "filename", "file_path", "filepath", "filepaths", "path",
    ),
    "label": ("label", "labels", "label_name", "class", "class_name", "category", "target"),
    "split": ("split",),
    "group": ("group",),
}  # fmt: skip
WHAT = {"image": "picture", "label": "class", "split": "split", "group": "group"}
SHOWN_NAMES = 20


@dataclass(frozen=True)
class Row:
    """One row as text, "" where a cell is empty; `number` is that of a spreadsheet, or counts from 1 without one."""

    number: int
    image: str
    label: str
    split: str
    group: str


@dataclass(frozen=True)
class _Table:
    """Column names, and the rows with their numbers; cells are as the format gives them."""

    names: list[str]
    rows: Iterable[tuple[int, Sequence[object]]]


def read_rows(
    table: Path, columns: ColumnsSection | None = None, separator: str | None = None, needs_label: bool = True
) -> list[Row]:
    """Reads the columns of a table that matter.

    Args:
        table: an existing file; its extension tells the format.
        columns: their names; None, and each that is null, takes the usual ones.
        separator: of a CSV; None finds it out.
        needs_label: whether a table without a class for its pictures is a mistake.

    Raises:
        UserError: the table cannot be read, or a column is missing, there twice, or could be one of several.
    """
    content = _read_table(table, separator, columns)
    chosen = _choose_columns(table, content.names, columns or ColumnsSection(), needs_label)
    places = {role: content.names.index(name) if name else None for role, name in chosen.items()}
    cells = [
        (
            number,
            {role: "" if at is None else _to_text(table, number, chosen[role], row[at]) for role, at in places.items()},
        )
        for number, row in content.rows
    ]
    whole = _are_whole_numbers(row["label"] for _, row in cells)
    return [
        Row(number, row["image"], row["label"].partition(".")[0] if whole else row["label"], row["split"], row["group"])
        for number, row in cells
    ]


def read_cells(table: Path) -> tuple[list[str], list[tuple[int, Sequence[str]]]]:
    """Column names of a CSV and its rows as they stand, with the numbers of a spreadsheet.

    Raises:
        UserError: it cannot be read.
    """
    content = _read_csv(table, None)
    return content.names, [(number, [str(cell) for cell in row]) for number, row in content.rows]


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
                f"the columns of {table} are {_list_names(names)}"
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
    raise UserError(f"data.columns.{role}: {table} has no column '{given}'{hint} Its columns are {_list_names(names)}")


def _choose_usual(table: Path, names: list[str], role: str, usual: Sequence[str], needed: bool) -> str | None:
    found = [name for name in names if name.strip().lower().replace(" ", "_") in usual]
    if len(found) == 1:
        return found[0]
    if not found and not needed:
        return None
    if role == "label" and not needed:
        return None
    what = f"could be {' or '.join(map(repr, found))}" if found else "is not among those with a usual name"
    raise UserError(
        f"data.columns.{role}: the column of the {WHAT[role]} in {table} {what}; "
        f"name it. Its columns are {_list_names(names)}"
    )


def _list_names(names: list[str]) -> str:
    listed = ", ".join(repr(name) for name in names[:SHOWN_NAMES])
    return f"{listed} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else listed


def _to_text(table: Path, number: int, name: str | None, value: object) -> str:
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict) and "bytes" in value:
        raise UserError(
            f"{table}: the column '{name}' holds pictures, not paths; "
            "for a copy of a Hugging Face data set give the folder that this file lies in"
        )
    if isinstance(value, list | dict | bytes):
        raise UserError(f"{table}: '{name}' in row {number} holds {type(value).__name__}, not one text or number")
    return text if (text := str(value)).strip() else ""


def _read_table(table: Path, separator: str | None, columns: ColumnsSection | None) -> _Table:
    suffix = table.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(table, columns)
    if suffix in (".jsonl", ".ndjson"):
        return _read_json_lines(table)
    return _read_csv(table, separator or ("\t" if suffix == ".tsv" else None))


def _read_parquet(table: Path, columns: ColumnsSection | None) -> _Table:
    import pyarrow as pa  # other tables do without it
    import pyarrow.parquet as pq

    given = set((columns or ColumnsSection()).model_dump().values())
    usual = {name for names in USUAL_NAMES.values() for name in names}
    try:
        names = list(pq.read_schema(table).names)
        # Not the others, which may be large.
        read = [name for name in names if name in given or name.strip().lower().replace(" ", "_") in usual]
        content = pq.ParquetFile(table).read(columns=read)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{table}: damaged, or not a Parquet file ({error})") from error
    by_name = {name: content.column(name).to_pylist() for name in content.column_names}
    empty = [None] * content.num_rows
    return _Table(names, enumerate(zip(*(by_name.get(name, empty) for name in names), strict=True), start=1))


def _read_json_lines(table: Path) -> _Table:
    objects: list[tuple[int, dict[str, object]]] = []
    names: dict[str, None] = {}
    for number, line in enumerate(_read_text(table).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise UserError(f"{table}: line {number} is not JSON ({error})") from error
        if not isinstance(value, dict):
            raise UserError(f'{table}: line {number} is not an object such as {{"image": ..., "label": ...}}')
        objects.append((number, value))
        names.update(dict.fromkeys(value))
    return _Table(list(names), ((number, [value.get(name) for name in names]) for number, value in objects))


def _read_csv(table: Path, separator: str | None) -> _Table:
    text = _read_text(table)
    content = text.lstrip("\r\n")
    first = 2 + text[: len(text) - len(content)].count("\n")
    delimiter = _find_separator(table, content, separator)
    # Whole pages may stand in columns that do not matter here.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
        names = [name.strip() for name in next(rows, [])]
        return _Table(names, list(_check_rows(table, rows, len(names), first)))
    except csv.Error as error:
        raise UserError(
            f"{table}: the row that ends in line {rows.line_num} cannot be read ({error}); mind the quotation marks"
        ) from error


def _check_rows(table: Path, rows: Iterator[list[str]], width: int, first: int) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=first):
        if any(row[width:]):
            raise UserError(
                f"{table}: row {number} has {len(row)} cells, but there are {width} columns; "
                "put cells that hold the separator into quotation marks"
            )
        if any(row):
            yield number, row + [""] * (width - len(row))


def _read_text(table: Path) -> str:
    content = table.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of Excel
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]  # the second as Western Windows writes
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip() or "\0" in text:
            break
        return text
    raise UserError(f"{table}: {'empty' if not content.strip() else 'no text that can be read; save it as UTF-8'}")


def _find_separator(table: Path, text: str, given: str | None) -> str:
    """The character between the columns, judged by the first row, which holds their names."""
    wanted = {"\\t": "\t", "tab": "\t"}.get(given, given) if given else None
    if wanted and len(wanted) != 1:
        raise UserError(f"data.separator: must be one character (got {given!r}); null finds it out")
    widths = {character: _count_columns(text, character) for character in ([wanted] if wanted else SEPARATORS)}
    best = [character for character, width in widths.items() if width == max(widths.values())]
    first_line = text.splitlines()[0][:80]
    if max(widths.values()) < 2:
        if first_line.strip().strip('"').lower() in USUAL_NAMES["image"]:  # a list of pictures
            return best[0]
        tried = f"'{given}'" if given else f"{', '.join(SEPARATORS.values())}"
        raise UserError(
            f"data.separator: none found in {table} (tried: {tried}), whose first line is {first_line!r}; "
            "the first line must name the columns. Give what stands between them"
        )
    if len(best) > 1:
        raise UserError(
            f"data.separator: {' or '.join(SEPARATORS[character] for character in best)} in {table}, whose first line "
            f"is {first_line!r}? Give the right one"
        )
    return best[0]


def _count_columns(text: str, separator: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)))
    except (csv.Error, StopIteration):
        return 0
    except (TypeError, ValueError):  # a letter or sign that cannot separate, such as a line end
        return 0
