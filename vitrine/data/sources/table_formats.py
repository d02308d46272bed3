"""From the file of a table to the names of its columns and its rows, whichever of the formats it has."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.data.sources.encoding import TABLE_PAGES, decode
from vitrine.errors import UserError

# The one that divides the first line, which holds the names, into most parts is taken. (csv.Sniffer judges by the text
# below too, where descriptions hold commas and semicolons of their own, and takes the likeliest without asking.)
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

# Excel's instruction to itself, above the names; as a row of several columns it ends in separators.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;|\t ]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
USUAL_NAMES = {
    "image": (
        "image", "image_path", "image_file", "image_name", "img", "img_path", "picture", "photo", "file", "files",
        "file_name", "filename", "file_path", "filepath", "filepaths", "path",
    ),
    "label": ("label", "labels", "label_name", "class", "class_name", "category", "target"),
    "split": ("split",),
    "group": ("group",),
    "subgroup": ("subgroup", "sub_group"),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Column names, and the rows with their numbers; cells are as the format gives them."""

    names: list[str]
    rows: Iterable[tuple[int, Sequence[object]]]


def plain_column(name: str) -> str:
    """The name of a column as usual names are compared."""
    return name.strip().lower().replace(" ", "_")


def read_table(table: Path, separator: str | None, wanted: Sequence[str], encoding: str | None) -> Table:
    """Reads a table; its extension tells the format.

    Args:
        table: an existing file.
        separator: of a CSV; None finds it out.
        wanted: names of columns that may matter; of a Parquet file the others are not read.
        encoding: code page of text that is not in UTF-8; None finds it out.

    Raises:
        UserError: it cannot be read.
    """
    suffix = table.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(table, wanted)
    if suffix in (".jsonl", ".ndjson"):
        return _read_json_lines(table, encoding)
    return read_csv(table, separator or ("\t" if suffix == ".tsv" else None), encoding)


def _read_parquet(table: Path, wanted: Sequence[str]) -> Table:
    import pyarrow as pa  # other tables do without it
    import pyarrow.parquet as pq

    try:
        names = list(pq.read_schema(table).names)
        # Not the others, which may be large.
        read = [name for name in names if name in wanted or plain_column(name) in wanted]
        content = pq.ParquetFile(table).read(columns=read)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{table}: damaged, or not a Parquet file ({error})") from error
    by_name = {name: content.column(name).to_pylist() for name in content.column_names}
    empty = [None] * content.num_rows
    return Table(names, enumerate(zip(*(by_name.get(name, empty) for name in names), strict=True), start=1))


def _read_json_lines(table: Path, encoding: str | None) -> Table:
    objects: list[tuple[int, dict[str, object]]] = []
    names: dict[str, None] = {}
    for number, line in enumerate(_read_text(table, encoding).split("\n"), start=1):
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
    return Table(list(names), ((number, [value.get(name) for name in names]) for number, value in objects))


def read_csv(table: Path, separator: str | None, encoding: str | None) -> Table:
    """Reads a CSV; arguments and errors as of `read_table`."""
    text = _read_text(table, encoding)
    content = text.lstrip("\r\n")
    if said := _SEPARATOR_LINE.match(content):
        separator = separator or said[1]
        content = content[said.end() :].lstrip("\r\n")
    first = 2 + text[: len(text) - len(content)].count("\n")
    delimiter = _find_separator(table, content, separator)
    # Whole pages may stand in columns that do not matter here.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
        names = [name.strip() for name in next(rows, [])]
        return Table(names, list(_check_rows(table, rows, len(names), first)))
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


def _read_text(table: Path, encoding: str | None) -> str:
    content = table.read_bytes()
    if not content.strip():
        raise UserError(f"{table}: empty")
    if encoding is None and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of Excel
        encoding = "utf-16"
    if b"\0" in content and encoding is None:
        raise UserError(f"{table}: no text that can be read; save it as UTF-8")
    text = decode(content, str(table), TABLE_PAGES, encoding, "save it as UTF-8 (in Excel: CSV UTF-8)")
    if not text.strip() or "\0" in text:
        raise UserError(f"{table}: {'empty' if not text.strip() else 'no text that can be read; save it as UTF-8'}")
    return text


def _find_separator(table: Path, text: str, given: str | None) -> str:
    """The character between the columns, judged by the first row, which holds their names."""
    wanted = {"\\t": "\t", "tab": "\t"}.get(given, given) if given else None
    if wanted and len(wanted) != 1:
        raise UserError(f"data.separator: must be one character (got {given!r}); null finds it out")
    widths = {character: _count_columns(text, character) for character in ([wanted] if wanted else SEPARATORS)}
    best = [character for character, width in widths.items() if width == max(widths.values())]
    header = text.splitlines()[0][:80]
    if max(widths.values()) < 2:
        if header.strip().strip('"').lower() in USUAL_NAMES["image"]:  # a list of pictures
            return best[0]
        tried = f"'{given}'" if given else f"{', '.join(SEPARATORS.values())}"
        raise UserError(
            f"data.separator: none found in {table} (tried: {tried}), whose first line is {header!r}; "
            "the first line must name the columns. Give what stands between them"
        )
    if len(best) > 1:
        raise UserError(
            f"data.separator: {' or '.join(SEPARATORS[character] for character in best)} in {table}, whose first line "
            f"is {header!r}? Give the right one"
        )
    return best[0]


def _count_columns(text: str, separator: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)))
    except (csv.Error, StopIteration):
        return 0
    except (TypeError, ValueError):  # a letter or sign that cannot separate, such as a line end
        return 0
