"""Corrections that follow earlier ones: joined with them, without those of pictures that judge what is learned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from vitrine.data.labels.class_changes import ClassChanges
from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.records.corrections import ADD, RELABEL, Row

JUDGING = (TEST, GATE)


@dataclass(frozen=True)
class Joined:
    """Corrections to prepare pictures with, in today's names of classes.

    Attributes:
        rows: earlier and new ones, one for each picture.
        new: those of them that say something new.
        refused: new rows that are not taken, by picture, each with the reason.
    """

    rows: Sequence[Row]
    new: Sequence[Row]
    refused: dict[str, str]


def join_corrections(
    earlier: Iterable[Row], marked: Iterable[Row], changes: ClassChanges, manifest: pd.DataFrame
) -> Joined:
    """Adds new corrections to those that a data set was prepared with.

    Pictures of the test and of the gate keep their labels: what is judged must not change its judge. Whoever finds a
    wrong label there prepares the pictures with the table, and trains a model anew.

    Args:
        earlier: rows about pictures, which hold for the labels of the source.
        marked: new rows about pictures, which hold for the labels of the data set.
        changes: of the classes; rows are in the names of before.
        manifest: of the data set.
    """
    kept = manifest[manifest["status"] == KEPT]
    split_of = dict(zip(kept["file"], kept["split"], strict=True))
    joined = {row.file: changes.translate(row) for row in earlier}
    new, refused = [], {}
    for row in map(changes.translate, marked):
        before = joined.get(row.file)
        if before is not None and _decision(before) == _decision(row):
            continue  # a table that grows holds the rows of before, too
        if reason := _find_reason(row, before, split_of):
            refused[row.file] = reason
            continue
        joined[row.file] = row if before is None else replace(row, label_name=before.label_name)
        new.append(joined[row.file])
    return Joined([row for row in joined.values() if not _is_empty(row)], new, refused)


def place_pictures(rows: Iterable[Row], folder: Path) -> list[Row]:
    """The rows with full paths of the pictures that they add, so that they hold wherever the table lies.

    Args:
        rows: of a table.
        folder: that the table lies in.
    """
    return [replace(row, file=str((folder / row.file).resolve())) if row.action == ADD else row for row in rows]


def _decision(row: Row) -> tuple[str, str]:
    return row.action, "" if row.action not in (ADD, RELABEL) else _label(row)


def _label(row: Row) -> str:
    return row.new_label.strip() or row.suggested


def _find_reason(row: Row, before: Row | None, split_of: Mapping[str, str]) -> str:
    if split_of.get(row.file) in JUDGING:
        return f"it is set aside for the {split_of[row.file]}, and what is judged does not change it"
    if before is not None and before.action != RELABEL:
        return "an earlier correction added it" if before.action == ADD else "an earlier correction removed it"
    return ""


def _is_empty(row: Row) -> bool:
    """Whether a row gives a picture the label that the source gives it: it took an earlier one back, or classes met."""
    return row.action == RELABEL and _label(row) == row.label_name
