"""Some pictures of every class, for the page of a prepared data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.records.prepared import PreparedFacts
from vitrine.reports.data.checks import ImageOf
from vitrine.ui.frame import Thumbnail, thumbnail

PICTURES_PER_CLASS = 16
PICTURES_PER_PAGE = 640  # of about 4 kB each; with more than 40 classes, each shows fewer
LEAST_PER_CLASS = 2  # with so many classes that even this is too much, some show none


@dataclass(frozen=True)
class ContactSheet:
    """Some pictures of one class."""

    label_name: str
    total: int
    pictures: list[Thumbnail]
    files: list[str]


def choose_rows(label_names: Sequence[str], label_ids: npt.NDArray[np.int32]) -> dict[int, list[int]]:
    """Rows of up to 16 pictures by class, spread evenly over its files in the order of the manifest, which is by name.

    Of more than 320 classes, 320 are shown, spread evenly too.

    Args:
        label_names: of the data set.
        label_ids: of all rows, as in a `Tally`.
    """
    total = len(label_names)
    at_most = int(np.clip(PICTURES_PER_PAGE // total, LEAST_PER_CLASS, PICTURES_PER_CLASS))
    chosen = {}
    for label_id in _spread(total, PICTURES_PER_PAGE // LEAST_PER_CLASS):
        rows = np.flatnonzero(label_ids == label_id)
        chosen[label_id] = rows[_spread(len(rows), at_most)].tolist()
    return chosen


def _spread(count: int, at_most: int) -> list[int]:
    """Places in a list, evenly spread; all where there are no more than are wanted."""
    places: list[int] = np.linspace(0, count - 1, min(at_most, count)).round().astype(int).tolist()
    return places


def make_sheets(
    rows_of: Mapping[int, list[int]], facts: PreparedFacts, shown: pd.DataFrame, picture_of: ImageOf
) -> list[ContactSheet]:
    """Fetches the pictures.

    Args:
        rows_of: of `choose_rows`.
        facts: of the data set.
        shown: those rows of the manifest, with their numbers as index.
        picture_of: gives the picture of a row.
    """
    sheets = []
    for label_id, rows in rows_of.items():
        name = facts.label_names[label_id]
        pictures = [thumbnail(picture) for row in rows if (picture := picture_of(row)) is not None]
        total = sum(counts[name] for counts in facts.counts.values())
        sheets.append(ContactSheet(name, total, pictures, shown["file"].loc[rows].tolist()))
    return sheets
