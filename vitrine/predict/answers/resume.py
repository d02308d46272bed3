"""Going on with a table of answers that was broken off."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from vitrine.data.sources.files import FoundFile
from vitrine.errors import UserError
from vitrine.predict.batches import Unreadable, predict_batches
from vitrine.predict.images import from_files
from vitrine.predict.predictor import Predictor
from vitrine.records.spreadsheet import unguard_cell

END_OF_ROW = b"\r\n"  # as the `csv` module writes it
LONGEST_ROW = 2**20  # bytes in which the end of a row is looked for
ASKED_AGAIN = 3  # files of a table: those that it is least sure of, since models differ there
SAME_SHARE = 0.01  # two runtimes differ by a hundredth of that


class SureRow(NamedTuple):
    """A row with classes: its probability of the first one comes first, so that rows sort by it."""

    share: float
    label_name: str
    file: str


@dataclass(frozen=True)
class Done:
    """What a table holds already.

    Attributes:
        files: names of its rows, and whether they have classes.
        least_sure: a few of the rows with classes.
    """

    files: Mapping[str, bool] = field(default_factory=dict)
    least_sure: Sequence[SureRow] = ()

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
                "can go on with it; give the model and the --top-k that it was begun with, or another --output"
            )
    _cut_half_row(path)
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return _read_rows(csv.DictReader(stream, columns, restval=""), raw)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UserError(f"{path}: damaged ({error}); give another --output") from error


def _read_rows(rows: Iterable[Mapping[str, str]], raw: bool) -> Done:
    files: dict[str, bool] = {}

    def answered() -> Iterator[SureRow]:
        for row in islice(rows, 1, None):
            file, label_name = (row[name] if raw else unguard_cell(row[name]) for name in ("file", "label_1"))
            files[file] = not row["problem"]
            if files[file]:
                yield SureRow(float(row["probability_1"]), label_name, file)

    least_sure = nsmallest(ASKED_AGAIN, answered())
    return Done(files, least_sure)


def check_same_model(path: Path, done: Done, found: Iterable[FoundFile], predictor: Predictor) -> None:
    """Makes sure that a table holds this model's answers, by asking about a few of its files once more.

    Args:
        path: of the table.
        done: what it holds.
        found: the files that are there now.
        predictor: the model.

    Raises:
        UserError: it says something else.
    """
    rows = {row.file: row for row in done.least_sure}
    again = from_files([file for file in found if file.file in rows], predictor.rendering)
    for file, said in chain.from_iterable(batch.in_order() for batch in predict_batches(predictor, again)):
        row = rows[file]
        share = 0.0 if isinstance(said, Unreadable) else dict(said.ranking).get(row.label_name, 0.0)
        if abs(share - row.share) > SAME_SHARE:
            raise UserError(
                f"{path}: its rows are of another model, or the pictures have changed: it gives {file} "
                f"{row.share:.0%} {row.label_name}, where this model gives {share:.0%}. Give the model that the table "
                "was begun with, or another --output"
            )


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
