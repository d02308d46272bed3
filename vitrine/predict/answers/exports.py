"""A table of answers as a file: for spreadsheets (CSV) and for programs (Parquet)."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vitrine.predict.answers.rows import answer_columns
from vitrine.predict.answers.table import AnswerRow
from vitrine.records.spreadsheet import guard_row

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 1000


def write_csv(rows: Iterable[AnswerRow], top_k: int, stream: IO[str]) -> None:
    """Writes what `predict` writes; names that a spreadsheet would compute have an apostrophe before them.

    Args:
        rows: of the table.
        top_k: classes of each row.
        stream: a text file, opened with `newline=""`.
    """
    table = csv.DictWriter(stream, answer_columns(top_k), restval="")
    table.writeheader()
    table.writerows(guard_row({"file": row.file, **row.cells}) for row in rows)


def write_parquet(rows: Iterable[AnswerRow], top_k: int, path: Path) -> None:
    """Writes the same columns, with probabilities as numbers and names as they are; arguments as of `write_csv`."""
    import pyarrow.parquet as pq  # not every machine that only answers has it

    with pq.ParquetWriter(path, tabulate([], top_k).schema) as file:
        left = iter(rows)
        while cells := [{"file": row.file, **row.cells} for row in islice(left, ROWS_AT_ONCE)]:
            file.write_table(tabulate(cells, top_k))


def tabulate(rows: Sequence[Mapping[str, str]], top_k: int) -> "pa.Table":
    """A table of rows.

    Args:
        rows: cells by column, with the name of the file; those that are not there are null.
        top_k: classes of each row.
    """
    import pyarrow as pa

    columns = answer_columns(top_k)
    types = {name: pa.float64() if name.startswith("probability_") else pa.string() for name in columns}
    values = {name: [_value(one.get(name), types[name] == pa.float64()) for one in rows] for name in columns}
    return pa.table(values, pa.schema(types))


def _value(cell: str | None, is_number: bool) -> str | float | None:
    return float(cell) if is_number and cell is not None else cell
