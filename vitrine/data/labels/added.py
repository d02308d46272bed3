"""Pictures that corrections bring along: rows with the action add, for pictures that the source does not have."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine.data.checks.duplicate_policies import LEAK
from vitrine.data.checks.near_duplicates import Duplicates
from vitrine.data.labels.corrections import read_rows, refuse_faults
from vitrine.data.manifest.scan import KEPT, LEFT_OUT, set_status
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.data.sources.files import FoundFile
from vitrine.listing import suggest
from vitrine.records.corrections import ADD, RELABEL

JUDGING = (TEST, GATE)
DIGITS = 12  # of the digest in the name of an added picture
NAME = re.compile(rf"added/[0-9a-f]{{{DIGITS}}}_.+", re.DOTALL)


def list_added(
    path: Path | None, encoding: str | None, classes: Collection[str]
) -> tuple[dict[str, FoundFile], Sequence[str]]:
    """The pictures that a table of corrections adds, as files of the source.

    Their names begin with "added/" and depend on nothing but where they lie, so that they are known again.

    Args:
        path: the table, or None. Pictures lie where it says, below its own folder unless their paths are absolute.
        encoding: its code page, where it is not in UTF-8; None finds it out.
        classes: of the source, as the recipe maps them.

    Returns:
        By their names; and sentences about those of a store that show classes which are not known.

    Raises:
        UserError: a row of a person names a class that is neither known nor marked as new (column kind), or no class.
    """
    if path is None:
        return {}, ()
    rows = read_rows(path, encoding, classes)
    known = {*classes, *(row.label for _, row in rows if row.action in (ADD, RELABEL) and row.adds_class)}
    faults: list[str] = []
    found: dict[str, FoundFile] = {}
    passed_over = 0
    for line, row in rows:
        if row.action != ADD:
            continue
        if row.label in known:
            place = (path.parent / row.file).resolve()
            found[name_added(place)] = FoundFile(place, name_added(place), row.label, "", "")
        elif row.of_store:
            passed_over += 1
        else:
            faults.append(f"line {line}: there is no class '{row.label}'{suggest(row.label, sorted(classes))}")
    refuse_faults(path, faults)
    return found, _say_passed_over(path, passed_over)


def _say_passed_over(path: Path, pictures: int) -> Sequence[str]:
    """A sentence about pictures of a store that are not added; none where there are none."""
    what = "1 picture shows a class" if pictures == 1 else f"{pictures:,} pictures show classes"
    added = "is" if pictures == 1 else "are"
    return [f"{path.name}: {what} that this data set does not have, and {added} not added."] if pictures else []


def name_added(place: Path) -> str:
    """The name in the manifest of an added picture that lies there; the path is absolute."""
    return f"added/{hashlib.sha256(str(place).encode()).hexdigest()[:DIGITS]}_{place.name}"


def leave_out_copies(
    manifest: pd.DataFrame,
    duplicates: Duplicates,
    added: Collection[str],
    split_of: Mapping[str, str],
) -> None:
    """Leaves added pictures out, in place, that show what the test or the gate asks about.

    It happens before copies under different labels are looked for: an added picture must not push one out that judges.

    Args:
        manifest: one row per file; is changed.
        duplicates: of this manifest.
        added: names of the added pictures, without those that judge themselves: of a class that was new before.
        split_of: of pictures that an earlier preparation knew.
    """
    groups = duplicates.group
    judging: dict[int, tuple[str, str]] = {}
    for file, group in zip(manifest["file"], groups.tolist(), strict=True):
        if group >= 0 and split_of.get(file) in JUDGING:
            judging.setdefault(group, (split_of[file], file))
    is_added = (manifest["file"].isin(list(added)) & (manifest["status"] == KEPT)).to_numpy(bool)
    for place in np.flatnonzero(is_added):
        if int(groups[place]) in judging:
            split, file = judging[int(groups[place])]
            row = pd.Series(np.arange(len(manifest)) == place, manifest.index)
            set_status(manifest, row, LEFT_OUT, f"{LEAK} the {split} picture {file}")
