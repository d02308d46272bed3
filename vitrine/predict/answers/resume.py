"""Going on with a table of answers that was broken off."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from vitrine.errors import UserError
from vitrine.records.spreadsheet import unguard_cell

END_OF_ROW = b"\r\n"  # as the `csv` module writes it
LONGEST_ROW = 2**20  # bytes in which the end of a row is looked for


@dataclass(frozen=True)
class Done:
    """What a table holds already.

    Attributes:
        files: names of its rows, and whether they have classes.
    """

    files: Mapping[str, bool] = field(default_factory=dict)

    def count(self, files: Iterable[str]) -> tuple[int, int]:
        """How many of these have a row, and how many of them classes."""
        found = [self.files[file] for file in files if file in self.files]
        return len(found), sum(found)


def read_done(path: Path, columns: Sequence[str], raw: bool) -> Done:
    """Reads which files have a row; half a row at the end, as a program that is killed leaves it, is cut off.

    Args:
        path: of the table; where it is not there, or is empty, nothing is done yet.
        columns: that it must have.
        raw: whether its names are as they are, without apostrophes before formulas.

    Raises:
        UserError: it is another table.
    """
    header = ",".join(columns).encode() + END_OF_ROW
    if not path.is_file() or _begins_only(path, header):
        return Done()
    with path.open("rb") as file:
        if file.read(len(header)) != header:
            raise UserError(
                f"{path}: it does not begin with the columns that would be written ({', '.join(columns)}), so nobody "
                "can go on with it; give the same --top-k as before, or another --output"
            )
    _cut_half_row(path)
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            done = [(row[0], not row[1]) for row in islice(csv.reader(stream), 1, None)]
    except (UnicodeDecodeError, csv.Error, IndexError) as error:
        raise UserError(f"{path}: damaged ({error}); give another --output") from error
    return Done({name if raw else unguard_cell(name): is_answered for name, is_answered in done})


def _begins_only(path: Path, header: bytes) -> bool:
    """Whether a table was broken off before its first row, or within its header."""
    return path.stat().st_size < len(header) and header.startswith(path.read_bytes())


def _cut_half_row(path: Path) -> None:
    start = max(0, path.stat().st_size - LONGEST_ROW)
    with path.open("r+b") as file:
        file.seek(start)
        end = file.read().rfind(END_OF_ROW)
        if end >= 0:
            file.truncate(start + end + len(END_OF_ROW))
