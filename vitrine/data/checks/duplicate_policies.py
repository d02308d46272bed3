"""What is done about copies: rows that contradict each other, later copies, and copies of what the test set holds."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.checks.near_duplicates import Duplicates
from vitrine.data.manifest.scan import KEPT, LEFT_OUT

# Which of several copies is kept: a fixed test set stays as it is, and what it holds is not trained on.
KEEP_FIRST = {"test": 0, "validation": 1}
CONTRADICTION = "the same picture is also in class"
LATER_COPY = "an exact copy of"
LEAK = "a copy of"


def apply_policies(
    manifest: pd.DataFrame,
    duplicates: Duplicates,
    copies: Literal["together", "first"] = "together",
    contradictions: Literal["leave_out", "keep"] = "leave_out",
    leaks: Literal["report", "leave_out"] = "report",
) -> None:
    """Leaves out rows in place, each with its reason in words.

    Args:
        manifest: with the columns file, label_name, split (fixed ones only), status, reason.
        duplicates: of this manifest.
        copies: "first": one of several exact copies is kept, that of a fixed test split before others.
        contradictions: "leave_out": none of the exact copies under different labels is kept.
        leaks: "leave_out": rows of a fixed training split go that are copies of fixed validation or test rows.
    """
    if contradictions == "leave_out":
        _leave_out_contradictions(manifest, duplicates)
    if copies == "first":
        _leave_out_later_copies(manifest, duplicates)
    if leaks == "leave_out":
        _leave_out_leaks(manifest, duplicates)


def contradicting_groups(manifest: pd.DataFrame, groups: list[list[int]]) -> list[list[int]]:
    """Those groups of rows whose labels differ."""
    labels = manifest["label_name"].to_numpy(object)
    return [group for group in groups if len({labels[row] for row in group}) > 1]


def linked_groups(duplicates: Duplicates) -> list[list[int]]:
    """Near pairs with all exact copies of both: each a list of rows that show one picture."""
    rows = pd.Series(np.arange(len(duplicates.content))).groupby(duplicates.content).agg(list)
    pairs = zip(duplicates.pairs["first"], duplicates.pairs["second"], strict=True)
    return [sorted(rows[first] + rows[second]) for first, second in pairs]


def leaking_groups(manifest: pd.DataFrame, duplicates: Duplicates) -> list[list[int]]:
    """Groups of copies, exact or verified near ones, that lie in more than one fixed split."""
    splits = manifest["split"].to_numpy(object)
    groups = duplicates.exact_groups() + linked_groups(duplicates)
    return [group for group in groups if len({splits[row] for row in group} - {""}) > 1]


def _leave_out_contradictions(manifest: pd.DataFrame, duplicates: Duplicates) -> None:
    labels = manifest["label_name"].to_numpy(object)
    files = manifest["file"].to_numpy(object)
    reasons: dict[int, str] = {}
    for group in contradicting_groups(manifest, _still_kept(manifest, duplicates.exact_groups())):
        for row in group:
            other = next(one for one in group if labels[one] != labels[row])
            reasons[row] = f"{CONTRADICTION} '{labels[other]}' ({files[other]})"
    _leave_out(manifest, reasons)


def _leave_out_later_copies(manifest: pd.DataFrame, duplicates: Duplicates) -> None:
    splits = manifest["split"].to_numpy(object)
    files = manifest["file"].to_numpy(object)
    reasons: dict[int, str] = {}
    for group in _still_kept(manifest, duplicates.exact_groups()):
        kept = min(group, key=lambda row: (KEEP_FIRST.get(str(splits[row]), len(KEEP_FIRST)), row))
        reasons |= {row: f"{LATER_COPY} {files[kept]}" for row in group if row != kept}
    _leave_out(manifest, reasons)


def _leave_out_leaks(manifest: pd.DataFrame, duplicates: Duplicates) -> None:
    splits = manifest["split"].to_numpy(object)
    files = manifest["file"].to_numpy(object)
    reasons: dict[int, str] = {}
    for group in _still_kept(manifest, leaking_groups(manifest, duplicates)):
        held = [row for row in group if splits[row] in KEEP_FIRST]
        if held:
            reason = f"{LEAK} the {splits[held[0]]} picture {files[held[0]]}"
            reasons |= {row: reason for row in group if splits[row] == "train"}
    _leave_out(manifest, reasons)


def _still_kept(manifest: pd.DataFrame, groups: list[list[int]]) -> list[list[int]]:
    kept: npt.NDArray[np.bool_] = (manifest["status"] == KEPT).to_numpy(bool)
    left = ([row for row in group if kept[row]] for group in groups)
    return [group for group in left if len(group) > 1]


def _leave_out(manifest: pd.DataFrame, reasons: dict[int, str]) -> None:
    rows = manifest.index[list(reasons)]
    manifest.loc[rows, "status"] = LEFT_OUT
    manifest.loc[rows, "reason"] = list(reasons.values())
