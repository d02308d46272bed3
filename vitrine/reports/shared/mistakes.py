"""The part of a run's page about its mistakes: table of mix-ups that opens its pictures, worst answers, wrong labels.

Without a script: a number of the table is a link, and the pictures that it leads to are shown while they are its
target. The first mix-up is shown where none is chosen, and all of them on paper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.evaluation.label_errors import TRUSTED_JUDGE
from vitrine.records.mistakes import Examined, LabelErrors, Mistakes, Pair, Suspect
from vitrine.reports.shared.losses import Shown, show_losses
from vitrine.reports.shared.wall import shrink
from vitrine.ui.frame import Thumbnail, thumbnail
from vitrine.ui.sentences.slices import show_slices, show_subgroups
from vitrine.ui.texts import Texts

MOST_CLASSES = 15  # of the table; a row of more does not fit on paper
MOST_OF_A_CELL = 12
MOST_OF_A_RIGHT_CELL = 4  # those that were nearly wrong
MOST_IN_CELLS = 180  # pictures; with the others about 1 MB
MOST_SUSPECTS = 24
MOST_PAIRS = 8
LONGEST_SIDE = 96  # pixels of those in cells; about 3 kB each
LONGEST_CAPTIONED_SIDE = 144  # of those that stand alone

ImageOf = Callable[[str], Image.Image | None]


@dataclass(frozen=True)
class Cell:
    """A number of the table; `anchor` is "" where it has no pictures to show."""

    count: int
    share: float
    rate: str
    is_right: bool
    anchor: str
    label: str


@dataclass(frozen=True)
class MatrixRow:
    """A true class with its answers."""

    label_name: str
    cells: list[Cell]
    total: str


@dataclass(frozen=True)
class Gallery:
    """The pictures of a number of the table."""

    anchor: str
    title: str
    pictures: list[Shown]
    more: str
    is_right: bool


class _Pictures:
    """Thumbnails by file name."""

    def __init__(self, picture_of: ImageOf) -> None:
        self._picture_of = picture_of

    def find(self, file: str, longest_side: int = LONGEST_CAPTIONED_SIDE) -> Thumbnail | None:
        picture = self._picture_of(file)
        return None if picture is None else thumbnail(shrink(picture, longest_side))


def images_of(prepared: PreparedDataset) -> ImageOf:
    """Gives pictures of all splits by file name; None for one that the data set has no more."""
    here = {**prepared.splits, TRAIN: prepared.training_sample}
    places = {
        str(file): (split, place)
        for split, rows in here.items()
        for place, file in enumerate(read_column(rows, "file").to_pylist())
    }

    def show(file: str) -> Image.Image | None:
        if file not in places:
            return None
        split, place = places[file]
        return prepared.show(here[split][place], LONGEST_CAPTIONED_SIDE)

    return show


def show_mistakes(
    mistakes: Mistakes,
    predictions: pd.DataFrame,
    label_names: Sequence[str],
    picture_of: ImageOf,
    texts: Texts,
    is_run: bool = True,
) -> dict[str, object]:
    """What `shared/mistakes.html.jinja` shows.

    Args:
        mistakes: of metrics.json.
        predictions: of predictions.csv: file, label_name, predicted, correct, probability.
        label_names: in the order of the label ids.
        picture_of: gives the picture of a file, of any size; None where there is none any more.
        texts: of the page's language.
        is_run: whether the pictures are those of a run, whose data set corrections can be applied to.
    """
    pictures = _Pictures(picture_of)
    names = tuple(label_names)
    matrix = _count(predictions, names)
    classes = _choose_classes(matrix)
    galleries = _fill_galleries(predictions, matrix, classes, names, pictures, texts)
    wrong = int((~predictions["correct"].astype(bool)).sum())
    return {
        "t": texts,
        "is_run": is_run,
        "wrong": wrong,
        "names": [names[label_id] for label_id in classes],
        "rows": _build_rows(matrix, classes, names, {gallery.anchor for gallery in galleries}, texts),
        "classes_left_out": len(names) - len(classes),
        "galleries": galleries,
        "has_more_cells": _lacks_pictures(matrix, classes, galleries),
        "pairs": [_say_pair(pair, texts) for pair in mistakes.pairs[:MOST_PAIRS]],
        "more_pairs": max(0, len(mistakes.pairs) - MOST_PAIRS),
        "losses": show_losses(mistakes.top_losses, pictures.find, texts),
        "labels": _show_labels(mistakes.label_errors, pictures, texts),
        "slices": None if mistakes.slices is None else show_slices(mistakes.slices, texts),
        "subgroups": None if mistakes.subgroups is None else show_subgroups(mistakes.subgroups, texts),
    }


def _count(predictions: pd.DataFrame, names: Sequence[str]) -> npt.NDArray[np.int64]:
    matrix = np.zeros((len(names), len(names)), np.int64)
    place = {name: label_id for label_id, name in enumerate(names)}
    np.add.at(matrix, (predictions["label_name"].map(place), predictions["predicted"].map(place)), 1)
    return matrix


def _choose_classes(matrix: npt.NDArray[np.int64]) -> list[int]:
    """The classes of the table: all, or those that most mistakes are about, in their usual order."""
    mistakes = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-(mistakes.sum(axis=0) + mistakes.sum(axis=1)), kind="stable")
    return sorted(order[:MOST_CLASSES].tolist())


def _anchor(shown: int, answered: int) -> str:
    return f"mix-up-{shown}-{answered}"


def _build_rows(
    matrix: npt.NDArray[np.int64], classes: Sequence[int], names: Sequence[str], anchors: set[str], texts: Texts
) -> list[MatrixRow]:
    rows = []
    for shown in classes:
        total = int(matrix[shown].sum())
        cells = []
        for answered in classes:
            count = int(matrix[shown, answered])
            anchor = _anchor(shown, answered)
            label = texts(
                "mistakes.matrix.cell", count=count, total=texts.number(total), shown=names[shown],
                answered=names[answered],
            )  # fmt: skip
            share = count / total if total else 0.0
            cells.append(
                Cell(count, share, texts.percent(share), shown == answered, anchor if anchor in anchors else "", label)
            )
        rows.append(MatrixRow(names[shown], cells, texts.number(total)))
    return rows


def _fill_galleries(
    predictions: pd.DataFrame,
    matrix: npt.NDArray[np.int64],
    classes: Sequence[int],
    names: Sequence[str],
    pictures: _Pictures,
    texts: Texts,
) -> list[Gallery]:
    """Pictures of the cells: mix-ups first, the most frequent first, then right answers, while there is room."""
    cells = [(a, b) for a in classes for b in classes if matrix[a, b]]
    cells.sort(key=lambda cell: (cell[0] == cell[1], -matrix[cell], cell))
    room = MOST_IN_CELLS
    galleries = []
    for shown, answered in cells:
        is_right = shown == answered
        most = min(MOST_OF_A_RIGHT_CELL if is_right else MOST_OF_A_CELL, room)
        if not most:
            break
        rows = predictions[(predictions["label_name"] == names[shown]) & (predictions["predicted"] == names[answered])]
        rows = rows.sort_values("probability", ascending=is_right, kind="stable").head(most)
        room -= len(rows)
        more = int(matrix[shown, answered]) - len(rows)
        key = "mistakes.gallery.right" if is_right else "mistakes.gallery.wrong"
        galleries.append(
            Gallery(
                anchor=_anchor(shown, answered),
                title=texts(key, shown=names[shown], answered=names[answered]),
                pictures=[
                    Shown(
                        pictures.find(str(file), LONGEST_SIDE),
                        str(file),
                        texts("mistakes.sure", share=texts.percent(share)),
                        "",
                    )
                    for file, share in zip(rows["file"], rows["probability"], strict=True)
                ],
                more=texts("mistakes.gallery.more", count=more) if more else "",
                is_right=is_right,
            )
        )
    return galleries


def _lacks_pictures(matrix: npt.NDArray[np.int64], classes: Sequence[int], galleries: Sequence[Gallery]) -> bool:
    anchors = {gallery.anchor for gallery in galleries}
    return any(matrix[a, b] and _anchor(a, b) not in anchors for a in classes for b in classes)


def _say_pair(pair: Pair, texts: Texts) -> str:
    directions = (
        (pair.first, pair.second, pair.first_as_second, pair.first_pictures),
        (pair.second, pair.first, pair.second_as_first, pair.second_pictures),
    )
    return " ".join(
        texts("mistakes.pairs.direction", count=count, total=texts.number(total), shown=shown, answered=answered)
        for shown, answered, count, total in directions
        if count
    )


def _show_labels(errors: LabelErrors, pictures: _Pictures, texts: Texts) -> Mapping[str, object]:
    shown = errors.suspects[:MOST_SUSPECTS]
    return {
        "examined": [_say_examined(part, texts) for part in errors.examined],
        "not_examined": [
            _capitalize(texts("mistakes.labels.not_examined", split=texts(f"mistakes.splits.{split}")))
            for split in errors.not_examined
        ],
        "weak_judge": bool(shown) and any(part.agreement < TRUSTED_JUDGE for part in errors.examined),
        "suspects": [_show_suspect(suspect, pictures, texts) for suspect in shown],
        "total": len(errors.suspects) + errors.more,
        "more": len(errors.suspects) + errors.more - len(shown),
    }


def _say_examined(part: Examined, texts: Texts) -> str:
    values = {
        "split": texts(f"mistakes.splits.{part.split}"),
        "pictures": texts("common.pictures", count=part.pictures),
        "agreement": texts.percent(part.agreement, 1),
    }
    whole = "" if part.pictures == part.of else " " + texts("mistakes.labels.part", total=texts.number(part.of))
    judge = _capitalize(texts(f"mistakes.labels.judge.{part.judge}", **values))
    if part.agreement < TRUSTED_JUDGE:  # what it is sure of says little of the labels
        return f"{judge}{whole}"
    return f"{judge} {texts('mistakes.labels.estimated', count=part.estimated)}{whole}"


def _capitalize(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _show_suspect(suspect: Suspect, pictures: _Pictures, texts: Texts) -> dict[str, Any]:
    return {
        "picture": pictures.find(suspect.file),
        "file": suspect.file,
        "given": texts("mistakes.labels.given", label=suspect.label_name),
        "suggested": texts("mistakes.labels.suggested", label=suspect.suggested),
        "split": texts(f"mistakes.splits.{suspect.split}"),
    }
