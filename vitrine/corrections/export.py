"""The store as a table of corrections: one row for each judgment, of which `data_prep.py` applies those that hold.

The first columns are those of `records/corrections.py`. A row has an action where all reviewers of a picture agree on
something else than its first label, or on the label of a picture that was kept; it stands in the row of the last of
them. A data set that was prepared with the table shows corrected labels, which later judgments note; the source has the
first one, which stands beside the action. All other rows are history, which an import brings back exactly and
data_prep.py passes over. The places of kept pictures hold below the folder of the store, where its table should lie.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from vitrine.corrections.judgment import NONE, Judgment
from vitrine.corrections.opinions import Agreed, agreed
from vitrine.corrections.store import CorrectionStore
from vitrine.records.corrections import ADD, COLUMNS, FIRST_LABEL, RELABEL, REMOVE, write_cells

SHARED = ("file", "label_name", "split", "suspicion")  # with a correction table, by the same name
OWN = tuple(field.name for field in fields(Judgment) if field.name not in (*SHARED, "answer"))  # answer: suggested
HISTORY = (*COLUMNS, *OWN)  # all that an import needs
TABLE_COLUMNS = (*HISTORY, FIRST_LABEL)
TABLE = "corrections.csv"  # in the folder of a store
YES, NO = "yes", "no"


def write_table(path: Path, judgments: Iterable[Judgment]) -> None:
    """Writes the whole history.

    Args:
        path: of a CSV file.
        judgments: in the order in which they were kept.
    """
    write_cells(path, TABLE_COLUMNS, table_rows(judgments))


def table_rows(judgments: Iterable[Judgment]) -> list[Sequence[str]]:
    """Its rows, in the order of `TABLE_COLUMNS`; arguments as of `write_table`."""
    said = list(judgments)
    actions = {one.row.id: _action(one) for one in agreed(said)}
    return [_row(one, *actions.get(one.id, ("", "", ""))) for one in said]


def write_store(folder: Path) -> Path:
    """Writes the table of a store into its folder.

    Args:
        folder: of the store.

    Raises:
        UserError: it cannot be read.
    """
    path = folder / TABLE
    write_table(path, CorrectionStore(folder).all())
    return path


def _action(agreed: Agreed) -> tuple[str, str, str]:
    """Action, new label and first label."""
    opinion, row, first = agreed.opinion, agreed.row, agreed.label_name
    if not row.file:
        return (ADD, opinion.label, first) if row.kept and opinion.kind != NONE else ("", "", "")
    if opinion.kind == NONE:
        return REMOVE, "", first
    return (RELABEL, opinion.label, first) if opinion.label != first else ("", "", "")


def _row(judgment: Judgment, action: str, new_label: str, first_label: str) -> Sequence[str]:
    cells = {name: getattr(judgment, name) for name in (*SHARED, *OWN)}
    cells |= {"suggested": judgment.answer, "action": action, "new_label": new_label, FIRST_LABEL: first_label}
    cells["blind"] = YES if judgment.blind else NO
    return [cells[name] for name in TABLE_COLUMNS]
