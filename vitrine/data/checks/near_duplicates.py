"""Copies among the pictures: exact ones by content, near ones (saved again, resized, brightened, mirrored, cropped)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vitrine.data.checks.alignment import PAIRS_AT_ONCE, Alignment, align, to_colors
from vitrine.data.checks.exact_search import Candidates, Places, compare_all
from vitrine.data.checks.indexed_search import search_index
from vitrine.data.checks.plain_pictures import drop_crowds
from vitrine.data.images.prefetch import map_ahead
from vitrine.data.manifest.scan import KEPT

# Comparisons of two pictures in an exact search, two minutes for two cores; beyond, an index finds the candidates.
COMPARED_AT_MOST = 50_000**2
# Among so many pictures some are alike by chance: of a million, half of the wrong pairs differ by more, and one copy.
SURE = 0.95
# Groups grow along verified pairs (A with B, B with C). A series of frames could chain a whole data set together so;
# beyond this size every member must be a verified copy of the group's centre.
LARGEST_CHAIN = 50
ZOOMED, SHIFTED, BRIGHTENED = 0.03, 0.03, 0.08  # what is named: below, it is within what resizing and coding do

MIRRORED, CROPPED, BRIGHTNESS, SAVED_AGAIN = "mirrored", "cropped", "other brightness", "saved again or resized"
SAME_LOOK = "no visible difference"
PAIR_COLUMNS = {"first": "int64", "second": "int64", "kind": "object", "difference": "float32"}


@dataclass(frozen=True)
class Duplicates:
    """Which rows of a manifest show the same picture.

    Attributes:
        content: int64 `[rows]`: position of the first kept row with exactly the same bytes; -1 where not kept.
        group: int64 `[rows]`: position of the first row of all its copies, exact and near, which is its own where it
            has none; -1 where not kept. Rows of one group belong on one side of a split.
        pairs: verified near copies, one row per pair: first and second (positions; first < second, each the first of
            its content), kind in words, difference (a copy has 1 or less).
    """

    content: Places
    group: Places
    pairs: pd.DataFrame

    def exact_groups(self) -> list[list[int]]:
        """Positions of rows with the same bytes, for contents that are there more than once."""
        return _members(self.content)

    def groups(self) -> list[list[int]]:
        """Positions of rows that show the same picture, exactly or nearly, where there is more than one."""
        return _members(self.group)


def find_duplicates(
    manifest: pd.DataFrame,
    thumbnails: npt.NDArray[np.uint8],
    near: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    known: pd.DataFrame | None = None,
) -> Duplicates:
    """Finds the copies among the kept rows.

    Args:
        manifest: with the columns status and sha256; and `compared`, true for rows that an earlier search has compared
            with each other, where `known` is given.
        thumbnails: uint8 `[rows, 48, 32]`, see `fingerprints`; those of rows that are not kept are not looked at.
        near: look for near copies too; exact ones are found in any case.
        known: the pairs of the earlier search, as in `Duplicates.pairs`.
        progress: called with the pictures compared and all of them.
    """
    kept = np.flatnonzero(manifest["status"] == KEPT)
    content = np.full(len(manifest), -1, np.int64)
    codes, first = _number_contents(manifest["sha256"].iloc[kept])
    content[kept] = kept[first][codes]
    pairs = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PAIR_COLUMNS.items()})
    if near and len(first) > 1:
        fresh = np.ones(len(manifest), bool) if known is None else ~manifest["compared"].to_numpy(bool)
        found = find_near_pairs(thumbnails, kept[first], progress, fresh[kept[first]])
        pairs = drop_crowds(found if known is None else _join(known, found, kept[first]), thumbnails)
    group = np.full(len(manifest), -1, np.int64)
    group[kept] = join_pairs(pairs, len(manifest))[content[kept]]
    return Duplicates(content, group, pairs)


def _number_contents(digests: "pd.Series[str]") -> tuple[Places, Places]:
    """A number for each digest, and the first row of each number; 250 bytes a row go when it is done."""
    codes, _ = pd.factorize(digests)
    return codes, np.unique(codes, return_index=True)[1]


def find_near_pairs(
    thumbnails: npt.NDArray[np.uint8],
    rows: Places,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    fresh: npt.NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Compares pictures of different content.

    Args:
        thumbnails: `[all rows, 48, 32]`.
        rows: which of them to compare, ascending.
        progress: see `find_duplicates`.
        fresh: which of the rows are compared with all others; None means all of them.

    Returns:
        Verified pairs as in `Duplicates.pairs`, in the order of the rows.
    """
    fresh = np.ones(len(rows), bool) if fresh is None else fresh
    search = compare_all if fresh.sum() * len(rows) <= COMPARED_AT_MOST else search_index
    limit = 1.0 if len(rows) ** 2 <= COMPARED_AT_MOST else SURE  # whatever the search, and in how many steps they came

    def parts() -> Iterator[Candidates]:
        for one, other, mirrored in search(thumbnails, rows, fresh, progress):
            first, second = np.sort([one, other], axis=0)
            for start in range(0, len(first), PAIRS_AT_ONCE):
                part = slice(start, start + PAIRS_AT_ONCE)
                yield first[part], second[part], mirrored[part]

    found = list(map_ahead(lambda part: _verify(thumbnails, *part, limit), parts()))
    pairs = pd.concat(found) if found else pd.DataFrame(columns=list(PAIR_COLUMNS))
    pairs = pairs.astype(PAIR_COLUMNS).sort_values("difference", kind="stable").drop_duplicates(["first", "second"])
    return pairs.sort_values(["first", "second"], ignore_index=True)


def _join(known: pd.DataFrame, found: pd.DataFrame, rows: Places) -> pd.DataFrame:
    """Known pairs whose rows are still compared, and new ones; each pair once."""
    still = known[known["first"].isin(rows) & known["second"].isin(rows)]
    pairs = pd.concat([still.astype(PAIR_COLUMNS), found]).drop_duplicates(["first", "second"])
    return pairs.sort_values(["first", "second"], ignore_index=True)


def join_pairs(pairs: pd.DataFrame, rows: int) -> Places:
    """Groups rows along pairs; a group that grew too large is divided into centres and what is linked to them.

    Returns:
        Position of the first member of each row's group, `[rows]`.
    """
    first, second = (pairs[name].to_numpy(np.int64) for name in ("first", "second"))
    links = coo_array((np.ones(len(pairs), bool), (first, second)), (rows, rows))
    _, label = connected_components(links, directed=False)
    sizes = np.bincount(label)
    chained = sizes[label] > LARGEST_CHAIN
    group = _first_of_each(label)
    if chained.any():
        _divide(group, first[chained[first]], second[chained[first]])
    return group


def _divide(group: Places, first: Places, second: Places) -> None:
    """Takes the row with most links as a centre, its partners as its group, and goes on with the rest."""
    partners: dict[int, set[int]] = {}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    free = set(partners)
    for center in sorted(partners, key=lambda row: (-len(partners[row]), row)):
        if center in free:
            members = (partners[center] & free) | {center}
            group[list(members)] = min(members)
            free -= members


def _verify(
    thumbnails: npt.NDArray[np.uint8], first: Places, second: Places, mirrored: npt.NDArray[np.bool_], limit: float
) -> pd.DataFrame:
    alignment = align(to_colors(thumbnails[first]), to_colors(thumbnails[second], mirrored))
    same = (thumbnails[first] == thumbnails[second]).all(axis=(1, 2)) & ~mirrored
    table = pd.DataFrame(
        {"first": first, "second": second, "kind": _name(alignment, mirrored, same), "difference": alignment.difference}
    )
    return table.iloc[np.flatnonzero(alignment.difference <= limit)]


def _name(alignment: Alignment, mirrored: npt.NDArray[np.bool_], same: npt.NDArray[np.bool_]) -> list[str]:
    """What was done to a picture to make the other, in words."""
    marks = {
        MIRRORED: mirrored,
        CROPPED: (alignment.zoom > ZOOMED) | (alignment.shift > SHIFTED),
        BRIGHTNESS: (np.abs(alignment.gain - 1) > BRIGHTENED) & ~same,
    }
    names = []
    for row in range(len(mirrored)):
        changes = [name for name, mark in marks.items() if mark[row]]
        names.append(", ".join(changes) or (SAME_LOOK if same[row] else SAVED_AGAIN))
    return names


def _first_of_each(labels: npt.NDArray[np.integer]) -> Places:
    """For each row, the position of the first row with its label."""
    _, first, code = np.unique(labels, return_index=True, return_inverse=True)
    places: Places = first[code].astype(np.int64)
    return places


def _members(labels: Places) -> list[list[int]]:
    """Positions by label (-1: none), for labels that occur more than once."""
    places = np.flatnonzero(labels >= 0)
    order = places[np.argsort(labels[places], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [part.tolist() for part in parts if len(part) > 1]
