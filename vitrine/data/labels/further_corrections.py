"""Corrections that follow earlier ones: joined with them, without those of pictures that judge what is learned."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vitrine.data.labels.class_changes import AcceptedNames, ClassChanges, follow_names
from vitrine.data.labels.store_rows import KnownPictures
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
        elsewhere: how many rows of a store are about other data sets or models.
    """

    rows: Sequence[Row]
    new: Sequence[Row]
    refused: dict[str, str]
    elsewhere: int = 0


def join_corrections(
    earlier: Iterable[Row],
    marked: Iterable[Row],
    changes: ClassChanges,
    pictures: KnownPictures,
    model: str,
    accepted: Sequence[AcceptedNames] = (),
) -> Joined:
    """Adds new corrections to those that a data set was prepared with.

    Pictures of the test and of the gate keep their labels: what is judged must not change its judge. Whoever finds a
    wrong label there prepares the pictures with the table, and trains a model anew. What a store says of other data
    sets is passed over, and what of it does not fit is not taken: nobody can mend it there.

    Args:
        earlier: rows about pictures, which hold for the labels of the source.
        marked: new rows about pictures, which hold for the labels of the data set; some may be old.
        changes: of the classes; rows are in the names of before.
        pictures: of the data set.
        model: its name.
        accepted: names of classes that came with the revisions up to this data set, the oldest first.
    """
    applied = filter(pictures.was_applied, map(pictures.spell, earlier))
    joined = {row.file: changes.translate(row) for row in applied}
    chosen, elsewhere = pictures.choose(map(pictures.spell, marked), model)
    today = set(pictures.labels.values())
    followed = (follow_names(row, accepted, today) for row in chosen)
    chosen = [
        changes.translate(one)
        for row in followed
        for one in ([row] if row.file in joined else pictures.relabel_brought(row))
    ]
    labels, in_source = (
        {file: changes.names.get(label, label) for file, label in named.items()}
        for named in (pictures.labels, pictures.source_labels)
    )
    classes = {*labels.values(), *(row.label for row in chosen if row.adds_class)}
    new, refused = [], {}
    for row in chosen:
        before = joined.get(row.file)
        if before is not None and _decision(before) == _decision(row):
            continue  # a table that grows holds the rows of before, too
        label = labels.get(row.file, "")
        source_label = before.label_name if before is not None else in_source.get(row.file, label)
        reason = _find_reason(row, before, pictures.splits)
        if not reason and row.of_store:
            reason = _find_misfit(row, label, source_label, classes)
        if reason:
            refused[row.file] = reason
            continue
        if before is not None or row.label_name == label:  # an exact copy goes along with a picture that has a row
            row = replace(row, label_name=source_label)
        joined[row.file] = row
        new.append(row)
    return Joined([row for row in joined.values() if not _is_empty(row)], new, refused, elsewhere)


def place_pictures(rows: Iterable[Row], folder: Path) -> list[Row]:
    """The rows with full paths of the pictures that they add, so that they hold wherever the table lies.

    Args:
        rows: of a table.
        folder: that the table lies in.
    """
    return [replace(row, file=str((folder / row.file).resolve())) if row.action == ADD else row for row in rows]


def _decision(row: Row) -> tuple[str, str]:
    return row.action, row.label if row.action in (ADD, RELABEL) else ""


def _find_reason(row: Row, before: Row | None, split_of: Mapping[str, str]) -> str:
    if split_of.get(row.file) in JUDGING:
        return f"it is set aside for the {split_of[row.file]}, and what is judged does not change it"
    if before is not None and before.action != RELABEL:
        return "an earlier correction added it" if before.action == ADD else "an earlier correction removed it"
    return ""


def _find_misfit(row: Row, label: str, source_label: str, classes: Collection[str]) -> str:
    """Why a row of a store does not fit the data set; a person's is refused when the pictures are prepared.

    Args:
        row: of a store.
        label: of its picture in the data set; "" of one that is not used.
        source_label: likewise, in the source.
        classes: that there are.
    """
    if row.label and row.label not in classes:
        return f"there is no class '{row.label}'"
    if label and row.label_name not in (label, source_label):
        return f"it is '{label}' now, not '{row.label_name}' as it was when somebody looked at it"
    return ""


def _is_empty(row: Row) -> bool:
    """Whether a row gives a picture the label that the source gives it: it took an earlier one back, or classes met."""
    return row.action == RELABEL and row.label == row.label_name
