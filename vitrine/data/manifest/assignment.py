"""Training, validation and test of a manifest: by the recipe, by what was decided earlier, whatever labels become."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.manifest.scan import KEPT, LEFT_OUT, set_status
from vitrine.data.manifest.split import CONFLICT, SplitSizes, assign_folds, assign_splits, join_groups
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepare.earlier_split import NO_FOLD, Side
from vitrine.data.prepare.reuse import EarlierWork
from vitrine.errors import UserError
from vitrine.records.prepared import Settings


def divide(
    manifest: pd.DataFrame,
    duplicates: npt.NDArray[np.int64],
    settings: Settings,
    work: EarlierWork,
    labels_before: "pd.Series[str]",
    removed: Sequence[int],
    added: Collection[str] = (),
) -> None:
    """Fills the columns split and fold in place; new copies of pictures on several sides are left out.

    Sides are given by the labels from before any correction, and to removed pictures too: correcting a label moves no
    other picture from one side to the other.

    Args:
        manifest: one row per file; is changed.
        duplicates: number of the group of near-duplicates of each row.
        settings: of the preparation.
        work: what an earlier preparation left.
        labels_before: of each row, before corrections.
        removed: rows that corrections removed.
        added: files that corrections brought along.
    """
    data = settings.data
    rows = manifest["status"] == KEPT
    rows.iloc[list(removed)] = True
    # Removed ones were not compared.
    alone = np.where(duplicates < 0, len(manifest) + np.arange(len(manifest)), duplicates)
    groups = join_groups(alone[rows.to_numpy()], manifest.loc[rows, "group"])
    sizes = SplitSizes(
        data.validation_fraction if data.validation_count is None else data.validation_count,
        data.test_fraction if data.test_count is None else data.test_count,
        data.gate_fraction,
    )
    files, labels = manifest.loc[rows, "file"], _share_texts(labels_before[rows])
    known = work.split.find(manifest, np.flatnonzero(rows)) if work.split.is_kept else [None] * len(files)
    sides = _place_added(files, labels, groups, known, added)
    splits = [None if side is None else side.split for side in sides]
    manifest.loc[rows, "split"] = assign_splits(
        files, labels, _share_texts(manifest.loc[rows, "split"]), sizes, data.split_seed, groups, splits
    )
    is_torn = rows & (manifest["status"] == KEPT) & (manifest["split"] == CONFLICT)
    set_status(manifest, is_torn, LEFT_OUT, "copy of pictures on several sides")
    if data.folds is not None:
        # Of another number, they would not be there, or leave some empty.
        are_the_same = work.split.folds == set(range(data.folds))
        folds = [side.fold if side is not None and are_the_same else NO_FOLD for side in sides]
        drawn = pd.DataFrame({"group": groups, "fold": folds}, files.index)
        _fold(manifest, drawn, labels_before, settings)
    manifest.loc[manifest["status"] != KEPT, "split"] = ""
    manifest.loc[manifest["status"] != KEPT, "fold"] = -1
    _check_training(manifest, settings)


def _share_texts(column: "pd.Series[str]") -> list[str]:
    """The texts of a column of few different ones, each one object however often it is there."""
    codes, texts = pd.factorize(column)
    return list(map(texts.tolist().__getitem__, codes))


def _place_added(
    files: Collection[str],
    labels: Sequence[str],
    groups: npt.NDArray[np.int64],
    sides: Sequence[Side | None],
    added: Collection[str],
) -> Sequence[Side | None]:
    """The sides, with those of new pictures of classes that there were before: all are for training.

    Whoever adds pictures chooses them; those that judge a model stay as they were drawn. Copies of held-out pictures
    follow these, and pictures of a new class are divided as in every data set.
    """
    if not added:
        return sides
    known = {label for label, side in zip(labels, sides, strict=True) if side is not None}
    held_out = {group for group, side in zip(groups, sides, strict=True) if side is not None and side.split != TRAIN}
    return [
        Side(TRAIN, NO_FOLD) if side is None and file in added and label in known and group not in held_out else side
        for file, label, group, side in zip(files, labels, groups, sides, strict=True)
    ]


def _fold(manifest: pd.DataFrame, drawn: pd.DataFrame, labels_before: "pd.Series[str]", settings: Settings) -> None:
    """Divides all but the test pictures into folds, in place.

    Args:
        manifest: divided.
        drawn: group and earlier fold, or -1, of the rows that were divided.
        labels_before: of each row, before corrections.
        settings: of the preparation.

    Raises:
        UserError: a fold would be empty.
    """
    data = settings.data
    rows = manifest["split"].isin([TRAIN, VALIDATION]) & manifest.index.isin(drawn.index)
    folds = assign_folds(
        manifest.loc[rows, "file"],
        _share_texts(labels_before[rows]),
        data.folds or 1,
        data.split_seed,
        drawn["group"][rows[rows].index].to_numpy(),
        drawn["fold"][rows[rows].index].tolist(),
    )
    manifest.loc[rows, "fold"] = np.array(folds, np.int8)
    empty = set(range(data.folds or 1)) - set(manifest.loc[rows & (manifest["status"] == KEPT), "fold"])
    if empty:
        raise UserError(
            f"data.folds: of {data.folds} folds, {len(empty)} would hold no picture, since copies and pictures of one "
            "group stay in one fold; take fewer folds, or more pictures"
        )
    manifest.loc[rows, "split"] = [VALIDATION if fold == data.fold else TRAIN for fold in folds]


def _check_training(manifest: pd.DataFrame, settings: Settings) -> None:
    """Makes sure that corrections leave no class without training pictures.

    Raises:
        UserError: names the class.
    """
    if settings.data.corrections is None:
        return
    kept = manifest[manifest["status"] == KEPT]
    without = sorted(set(kept["label_name"]) - set(kept.loc[kept["split"] == TRAIN, "label_name"]))
    if without:
        raise UserError(
            f"data.corrections: {settings.data.corrections} leaves class '{without[0]}' without a training picture; "
            "leave the class out (labels.leave_out), or take back some of its corrections"
        )
