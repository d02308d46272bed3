"""Corrections of labels: a table that a person goes through in a spreadsheet, and what it does to a data set."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.labels.corrected import NOTHING, Corrected, say_corrected
from vitrine.data.manifest.scan import KEPT, LEFT_OUT, set_status
from vitrine.data.sources.encoding import is_unicode
from vitrine.data.sources.names import KnownNames, compose, suggest_columns
from vitrine.data.sources.table_rows import read_cells
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.listing import list_names
from vitrine.records.corrections import (
    ACTIONS,
    ADD,
    CLASS_ACTIONS,
    COLUMNS,
    FIRST_LABEL,
    KEPT_PLACE,
    KIND,
    NEEDED,
    RELABEL,
    REMOVE,
    STORE_COLUMNS,
    STORE_MARK,
    Row,
)
from vitrine.records.spreadsheet import unguard_cell

MOST_FAULTS = 50
REMOVED = "removed by data.corrections"


@dataclass(frozen=True)
class Correction:
    """A row that is to be applied.

    Attributes:
        line: of a spreadsheet.
        file: a picture.
        label_name: that it has.
        new_label: "" where the picture is removed.
        adds_class: whether the new label may be of a class that the data set did not have.
        sha256: of the picture that a store means; "" where it is known by its name alone.
        of_store: whether a store wrote the row; what does not fit the data set is then passed over, not refused.
    """

    line: int
    file: str
    label_name: str
    new_label: str
    adds_class: bool = False
    sha256: str = ""
    of_store: bool = False


def read_rows(path: Path, encoding: str | None = None, known: Container[str] = ()) -> list[tuple[int, Row]]:
    """All rows of a correction file with their line numbers, whether they are to be applied or not.

    Args:
        path: the correction file.
        encoding: its code page, where it is not in UTF-8; None finds it out.
        known: names of pictures and classes, by which a code page that is not sure is found.

    Raises:
        UserError: it cannot be read, or has no column file, label_name or action.
    """
    if not path.is_file():
        raise UserError(
            f"data.corrections: there is no file {path}; `{command_line('corrections')} RUN --output {path}` makes one"
        )
    names, cells = read_cells(path, encoding, known)
    names = [name.lower() for name in names]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UserError(
            f"data.corrections: {path} has no column {suggest_columns(missing, names)}; its first line must name "
            f"{', '.join(COLUMNS[:5])}"
        )
    read = (*COLUMNS, KIND, KEPT_PLACE, *((*STORE_COLUMNS, FIRST_LABEL) if STORE_MARK in names else ()))
    places = {name: names.index(name) for name in read if name in names}
    found = []
    for line, cells_of_row in cells:
        values = {name: unguard_cell(cells_of_row[place]) for name, place in places.items()}
        action, kept = values["action"].strip().lower(), values.pop(KEPT_PLACE, "")
        file = values["file"] or (kept if action == ADD else "")
        label_name = values.pop(FIRST_LABEL, "") or values["label_name"]
        if file or action in CLASS_ACTIONS:
            found.append((line, Row(**values | {"action": action, "file": file, "label_name": label_name})))
    return found


def read_corrections(
    path: Path, encoding: str | None = None, known: Container[str] = (), classes_may_change: bool = False
) -> list[Correction]:
    """The rows that correct pictures; none of a table that has no row at all, as `corrections` writes for a clean run.

    Args:
        path: as for `read_rows`.
        encoding: likewise.
        known: likewise.
        classes_may_change: whether rows about classes are passed over; else they are refused.

    Raises:
        UserError: lists every row that is not clear; or nothing is marked.
    """
    faults, found = [], []
    rows = read_rows(path, encoding, known)
    for line, row in rows:
        if row.action in CLASS_ACTIONS and classes_may_change:
            continue
        if row.action in CLASS_ACTIONS:
            faults.append(f"line {line}: {row.action} is for `{command_line('retrain')}`; here, use labels.rename")
        elif row.action and row.action not in ACTIONS:
            faults.append(f"line {line}: action must be relabel, remove, add or empty (got '{row.action}')")
        elif row.action in (RELABEL, ADD) and not row.label:
            faults.append(f"line {line}: {row.action} needs a class in new_label or suggested")
        elif not row.action and row.new_label.strip():
            faults.append(f"line {line}: new_label is '{row.new_label}', but action is empty; write relabel there")
        elif row.action == RELABEL and row.label == row.label_name:
            faults.append(f"line {line}: the new label is the one that the picture has ('{row.label}'); empty action")
        elif row.action in (RELABEL, REMOVE):
            what = row.file, row.label_name, row.label, row.adds_class, row.sha256, row.of_store
            found.append(Correction(line, *what))
    faults += _find_contradictions(found)
    refuse_faults(path, faults)
    if rows and not any(row.action for _, row in rows):
        raise UserError(
            f"data.corrections: no row of {path} is marked, so nothing would change; "
            "write relabel or remove into the column action"
        )
    return found


def _find_contradictions(corrections: Sequence[Correction]) -> list[str]:
    first: dict[tuple[str, str], Correction] = {}
    faults = []
    for one in corrections:
        other = first.setdefault((one.file, one.sha256), one)  # a store may know several data sets with such a name
        if (other.new_label, other.label_name) != (one.new_label, one.label_name):
            faults.append(f"line {one.line}: contradicts line {other.line}, which is also about {one.file}")
    return faults


def apply_corrections(
    manifest: pd.DataFrame, path: Path | None, encoding: str | None = None, added: Collection[str] = ()
) -> Corrected:
    """Gives pictures new labels and leaves others out, in place; exact copies with the same label go along.

    Args:
        manifest: of a scan, before the checks: label_name as the recipe maps it; file, status, reason, sha256.
        path: the correction file, or None.
        encoding: its code page, where it is not in UTF-8; None finds it out.
        added: names of the pictures that the file adds.

    Raises:
        UserError: lists every fault of the file: unknown pictures and classes, labels that are not as they were.
    """
    if path is None:
        return NOTHING
    places = {str(file): place for place, file in enumerate(manifest["file"])}
    kept = (manifest["status"] == KEPT).to_numpy(bool)
    labels = manifest["label_name"].to_numpy(object).copy()
    classes = sorted(set(labels[kept]))
    names = {*places, *classes}
    listed = read_corrections(path, encoding, names)
    others = ~manifest["file"].isin([*added, *(one.file for one in listed)])
    listed += _relabel_brought(read_rows(path, encoding, names), manifest[kept & others])
    found = {(one.file, one.sha256): one for one in listed}.values()
    classes += sorted({one.new_label for one in found if one.adds_class} - set(classes))
    known = KnownNames(places)
    fault: tuple[str, str, Iterable[str]]
    faults, apply, needless, passed_over = [], {}, 0, 0
    for one in sorted(found, key=lambda one: one.line):
        place = places.get(known.find_only(one.file) or "")
        if place is None or not is_picture(one.sha256, str(manifest["sha256"].iat[place])):
            fault = f"there is no picture {one.file}", one.file, places
        elif one.new_label and one.new_label not in classes:
            fault = f"there is no class '{one.new_label}'", one.new_label, classes
        elif not kept[place] or labels[place] == one.new_label:
            needless += 1  # the source was mended in the meantime
            continue
        elif compose(labels[place]) != compose(one.label_name):
            fault = f"{one.file} is '{labels[place]}' now, not '{one.label_name}' as the file says", "", ()
        else:
            apply[place] = one.new_label
            continue
        if one.of_store:
            passed_over += 1
        else:
            faults.append(f"line {one.line}: {fault[0]}{_hint(*fault[1:])}")
    if any("there is no class" in fault for fault in faults):
        faults.append(f"the classes are {list_names(classes)}")
    if faults and not is_unicode(path):
        faults.append(_doubt_encoding(encoding))
    refuse_faults(path, faults)
    copies = _find_copies(manifest, apply, labels)
    relabeled, removed = _carry_out(manifest, copies | apply, labels)
    sentence = say_corrected(path.name, len(relabeled), len(removed), len(copies), needless, passed_over)
    return Corrected(relabeled, removed, (sentence,))


def _doubt_encoding(encoding: str | None) -> str:
    page = f"was read in {encoding}, as data.encoding says" if encoding else "has a code page that was guessed"
    return (
        f"the file is not in UTF-8 and {page}: where names look wrong, save it as UTF-8 (in Excel: CSV UTF-8), or "
        "set data.encoding to its page, such as gbk"
    )


def is_picture(sha256: str, own: str) -> bool:
    """Whether a row means this picture, and not another one of its name.

    Args:
        sha256: that the row says; "" where it says the name alone.
        own: of the picture; "" where it could not be read.
    """
    return not sha256 or not own or sha256 == own


def _relabel_brought(rows: Iterable[tuple[int, Row]], source: pd.DataFrame) -> list[Correction]:
    """A picture that somebody brought and the source has too gets the label there: under two it would be left out."""
    brought = {row.sha256: (line, row) for line, row in rows if row.action == ADD and row.of_store and row.sha256}
    same = source[source["sha256"].isin(list(brought))]
    found = []
    for file, sha256, label in zip(same["file"], same["sha256"], same["label_name"], strict=True):
        line, row = brought[sha256]
        found.append(Correction(line, file, label, row.label, row.adds_class, sha256, of_store=True))
    return [one for one in found if one.new_label != one.label_name]


def _find_copies(manifest: pd.DataFrame, apply: dict[int, str], labels: npt.NDArray[np.object_]) -> dict[int, str]:
    """What is decided for a picture holds for exact copies of it that have the same label and no row of their own."""
    decided = {(manifest["sha256"].iat[place], labels[place]): new_label for place, new_label in apply.items()}
    contents = manifest["sha256"].isin({content for content, _ in decided}) & (manifest["status"] == KEPT)
    found = {}
    for place in contents.to_numpy().nonzero()[0].tolist():
        new_label = decided.get((manifest["sha256"].iat[place], labels[place]))
        if new_label is not None and place not in apply:
            found[place] = new_label
    return found


def _carry_out(
    manifest: pd.DataFrame, apply: dict[int, str], labels: npt.NDArray[np.object_]
) -> tuple[dict[int, str], tuple[int, ...]]:
    """Returns what was relabelled, with the labels from before, and what was removed, by place in the manifest."""
    relabeled = {place: str(labels[place]) for place, new_label in apply.items() if new_label}
    removed = tuple(sorted(place for place, new_label in apply.items() if not new_label))
    for place in relabeled:
        labels[place] = apply[place]
    manifest["label_name"] = pd.Series(labels, index=manifest.index, dtype="string")
    set_status(manifest, pd.Series(manifest.index.isin(manifest.index[list(removed)])), LEFT_OUT, REMOVED)
    return relabeled, removed


def _hint(given: str, known: Iterable[str]) -> str:
    names = list(known)
    lower = {name.lower(): name for name in names}
    close = get_close_matches(given.lower(), lower, n=1) if len(names) <= 20_000 else []
    return f"; did you mean {lower[close[0]]}?" if close else ""


def refuse_faults(path: Path, faults: Sequence[str]) -> None:
    """Lists what is wrong with a table of corrections.

    Raises:
        UserError: something is.
    """
    if not faults:
        return
    more = f"\n  and {len(faults) - MOST_FAULTS:,} more" if len(faults) > MOST_FAULTS else ""
    listed = "".join(f"\n  {fault}" for fault in faults[:MOST_FAULTS])
    raise UserError(f"data.corrections: {path} cannot be applied; nothing was changed:{listed}{more}")
