"""A table of answers as a file: for spreadsheets (CSV) and for programs (Parquet)."""

import csv
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import IO

from vitrine.predict.answers.rows import answer_columns
from vitrine.predict.answers.table import AnswerRow
from vitrine.records.spreadsheet import guard_row

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
    import pyarrow as pa  # not every machine that only answers has it
    import pyarrow.parquet as pq

    columns = answer_columns(top_k)
    types = {name: pa.float64() if name.startswith("probability_") else pa.string() for name in columns}
    schema = pa.schema(types)
    with pq.ParquetWriter(path, schema) as file:
        left = iter(rows)
        while cells := [{"file": row.file, **row.cells} for row in islice(left, ROWS_AT_ONCE)]:
            values = {name: [_value(one.get(name), types[name] == pa.float64()) for one in cells] for name in columns}
            file.write_table(pa.table(values, schema))


def _value(cell: str | None, is_number: bool) -> str | float | None:
    return float(cell) if is_number and cell is not None else cell
