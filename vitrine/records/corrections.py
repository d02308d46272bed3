"""The table of corrections that a person goes through in a spreadsheet, and how it is written."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.records.atomic import write_text
from vitrine.records.spreadsheet import guard_cell

COLUMNS = ("file", "label_name", "suggested", "action", "new_label", "split", "suspicion")
NEEDED = ("file", "label_name", "action")
RELABEL, REMOVE, ADD = "relabel", "remove", "add"
ACTIONS = (RELABEL, REMOVE, ADD)
RENAME, MERGE = CLASS_ACTIONS = ("rename", "merge")  # of rows about a class, which name no picture
KIND, KEPT_PLACE = "kind", "kept"  # columns that stores of corrections write
STORE_MARK = "withdraws"  # a column that only a store writes
STORE_COLUMNS = ("sha256", "model", "time")  # of its tables alone: a person's may have columns of these names, too
FIRST_LABEL = "first_label"  # likewise: the label that a picture had before anybody corrected it
NEW_CLASS = "new"


@dataclass(frozen=True)
class Row:
    """One row of a correction file.

    Attributes:
        file: a picture, by its name in the manifest; of "add", where it lies; "" where the row is about a class.
        label_name: the label that it has, as the recipe maps those of the source.
        suggested: a label that is likelier.
        action: "relabel", "remove", "add" (a picture that the source does not have), "rename" or "merge" (the class
            label_name into new_label), or "" where nothing is to be done.
        new_label: what "relabel" or "add" gives it; "" means the suggested one.
        split: for information.
        suspicion: for information.
        kind: "new" where the new label is a class that the data set did not have; else of no matter. A table that a
            person writes has no such column, so that a slip of the pen makes no class.
        sha256: of the picture, where a store wrote the row and knows it; else "".
        model: likewise, name of the model that was asked.
        time: likewise, when it was said.
    """

    file: str
    label_name: str
    suggested: str = ""
    action: str = ""
    new_label: str = ""
    split: str = ""
    suspicion: str = ""
    kind: str = ""
    sha256: str = ""
    model: str = ""
    time: str = ""

    @property
    def of_store(self) -> bool:
        """Whether a store of corrections wrote it: it may be about another data set, and nobody can mend it there."""
        return bool(self.time)

    @property
    def label(self) -> str:
        """The one that the row gives."""
        return "" if self.action == REMOVE else self.new_label.strip() or self.suggested

    @property
    def adds_class(self) -> bool:
        """Whether its label may be of a class that the data set did not have."""
        return self.kind.strip().lower() == NEW_CLASS


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes a correction file: CSV with a byte order mark, so that spreadsheets show every letter rightly."""
    rows = list(rows)
    columns = (*COLUMNS, KIND) if any(row.kind for row in rows) else COLUMNS
    write_cells(path, columns, ([getattr(row, name) for name in columns] for row in rows))


def write_cells(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The same for a table with other columns.

    Args:
        path: the file to write.
        columns: their names.
        rows: the cells of each, in the order of the columns.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guard_cell(cell) for cell in row] for row in rows)
    write_text(path, "\N{ZERO WIDTH NO-BREAK SPACE}" + stream.getvalue())
