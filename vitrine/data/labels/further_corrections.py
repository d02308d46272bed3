"""Corrections that follow earlier ones: joined with them, without those of pictures that judge what is learned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split import GATE, TEST
from vitrine.records.corrections import RELABEL, REMOVE, Row

JUDGING = (TEST, GATE)


@dataclass(frozen=True)
class Joined:
    """Corrections to prepare pictures with.

    Attributes:
        rows: earlier and new ones, one for each picture.
        new: those of them that are new, or say something new.
        refused: new rows that are not taken, by picture, each with the reason.
    """

    rows: Sequence[Row]
    new: Sequence[Row]
    refused: dict[str, str]


def join_corrections(earlier: Sequence[Row], marked: Sequence[Row], manifest: pd.DataFrame) -> Joined:
    """Adds new corrections to those that a data set was prepared with.

    Pictures of the test and of the gate keep their labels: what is judged must not change its judge. Whoever finds a
    wrong label there prepares the pictures with the table, and trains a model anew.

    Args:
        earlier: rows with an action, which hold for the labels of the source.
        marked: new rows with an action, which hold for the labels of the data set.
        manifest: of the data set.
    """
    kept = manifest[manifest["status"] == KEPT]
    split_of = dict(zip(kept["file"], kept["split"], strict=True))
    joined = {row.file: row for row in earlier}
    new, refused = [], {}
    for row in marked:
        before = joined.get(row.file)
        if split_of.get(row.file) in JUDGING:
            refused[row.file] = f"it is set aside for the {split_of[row.file]}, and what is judged does not change it"
            continue
        if before == row:
            continue  # a table that grows holds the rows of before, too
        if before is not None and before.action == RELABEL:
            row = replace(row, label_name=before.label_name)
        elif before is not None:
            refused[row.file] = "an earlier correction removed it"
            continue
        new.append(row)
        joined[row.file] = row
        if row.action != REMOVE and (row.new_label.strip() or row.suggested) == row.label_name:
            del joined[row.file]  # it takes an earlier correction back
    return Joined(tuple(joined.values()), tuple(new), refused)
