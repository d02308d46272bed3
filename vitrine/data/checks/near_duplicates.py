"""Copies among the pictures: exact ones by content, near ones (saved again, resized, brightened, mirrored, cropped)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vitrine.data.checks.alignment import PAIRS_AT_ONCE, Alignment, align, interpolate, to_colors
from vitrine.data.checks.fingerprints import COSINE_SCALE, SIDE, cosines
from vitrine.data.images.prefetch import map_ahead
from vitrine.data.manifest.scan import KEPT

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

FREQUENCIES = 8  # in each direction: as coarse as the perceptual hash, but with its numbers instead of their signs
# What is worth laying over each other. Copies have 0.97 and more, save what brightening turned into white;
# of 1,000 pairs of other pictures, 0.02 (photographs of dogs) to 1 (products on white) are as similar.
LEAST_SIMILARITY = 0.87
# Each picture is also compared cut and brightened, as copies may be: what lies between is similar enough to both.
CUT, BRIGHTER = 0.9, 1.3
BECOMES_WHITE = 0.95  # brightening matters where a picture is less similar than this to itself brightened
MOST_PARTNERS = 24  # likeliest partners tried for each picture; more copies than these are linked through each other
# Two pages without a spot look alike and are no copies. Grey levels (standard deviation over the thumbnail).
LEAST_CONTRAST = 6.0
TILE_ROWS, TILE_COLUMNS = 1024, 4096  # similarities held at once: three times 17 MB
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
    codes, _ = pd.factorize(manifest["sha256"].iloc[kept])
    _, first = np.unique(codes, return_index=True)
    content[kept] = kept[first][codes]
    pairs = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PAIR_COLUMNS.items()})
    if near and len(first) > 1:
        fresh = np.ones(len(manifest), bool) if known is None else ~manifest["compared"].to_numpy(bool)
        found = find_near_pairs(thumbnails, kept[first], progress, fresh[kept[first]])
        pairs = found if known is None else _join(known, found, kept[first])
    group = np.full(len(manifest), -1, np.int64)
    group[kept] = join_pairs(pairs, len(manifest))[content[kept]]
    return Duplicates(content, group, pairs)


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
    described, shapes = _describe(thumbnails, np.concatenate([rows[fresh], rows[~fresh]]))
    count = int(np.isin(described, rows[fresh]).sum())

    def parts() -> Iterator[tuple[Places, Places, npt.NDArray[np.bool_]]]:
        for one, other, mirrored in _candidates(shapes, count, lambda done: progress(done, count)):
            first, second = np.sort([described[one], described[other]], axis=0)
            for start in range(0, len(first), PAIRS_AT_ONCE):
                part = slice(start, start + PAIRS_AT_ONCE)
                yield first[part], second[part], mirrored[part]

    found = list(map_ahead(lambda part: _verify(thumbnails, *part), parts()))
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


# Which variant of the one picture is compared with which of the other.
_AS_IT_IS, _CUT, _BRIGHTENED = range(3)
_COMPARISONS = (
    (_AS_IT_IS, _AS_IT_IS), (_AS_IT_IS, _CUT), (_CUT, _AS_IT_IS), (_AS_IT_IS, _BRIGHTENED), (_BRIGHTENED, _AS_IT_IS),
)  # fmt: skip


def _describe(thumbnails: npt.NDArray[np.uint8], rows: Places) -> tuple[Places, list[Floats]]:
    """Coarse shapes as vectors of length 1, whose product is a similarity in [-1, 1].

    In a mirrored picture the odd changes across have the opposite sign. So two products, of the even ones and of the
    odd ones, compare both a picture and its mirrored self.

    Returns:
        The rows with enough contrast to be compared, and their even and odd changes, `[variants, rows, 32]` each.
    """
    deviation = [thumbnails[part, :SIDE].std(axis=(1, 2)) for part in _blocks(rows)]
    rows = rows[np.concatenate(deviation) >= LEAST_CONTRAST]
    basis = cosines(FREQUENCIES).astype(np.float32) / COSINE_SCALE
    inner = basis @ interpolate(np.array([[CUT, 0.0]]), SIDE)[0]
    # Natural pictures change ten times less ten times faster (amplitude 1 / frequency); unweighted, sky above and
    # ground below would make half of all pictures similar.
    frequency = np.arange(FREQUENCIES, dtype=np.float32)
    weight = np.hypot(frequency[:, None], frequency[None, :])
    halves = [np.empty((3, len(rows), FREQUENCIES * FREQUENCIES // 2), np.float32) for _ in range(2)]
    for number, part in enumerate(_blocks(rows)):
        block = slice(number * TILE_ROWS, number * TILE_ROWS + len(part))
        brightness = thumbnails[part, :SIDE].astype(np.float32)
        variants = ((brightness, basis), (brightness, inner), (np.minimum(BRIGHTER * brightness, 255), basis))
        for variant, (pictures, changes) in enumerate(variants):
            shapes = changes @ pictures @ changes.T * weight
            shapes /= np.linalg.norm(shapes, axis=(1, 2), keepdims=True).clip(LEAST_CONTRAST)
            for odd, half in enumerate(halves):
                half[variant, block] = shapes[:, :, odd::2].reshape(len(shapes), -1)
    return rows, halves


def _blocks(rows: Places) -> list[Places]:
    return [rows[start : start + TILE_ROWS] for start in range(0, len(rows), TILE_ROWS)]


def _candidates(
    shapes: list[Floats], fresh: int, progress: Callable[[int], None]
) -> Iterator[tuple[Places, Places, npt.NDArray[np.bool_]]]:
    """Yields pairs that are similar enough, as first, second, whether mirrored; block by block of the first rows.

    Only so many of the first rows as are `fresh` are compared with all.
    """
    count = shapes[0].shape[1]
    to_itself = sum(np.einsum("ij,ij->i", half[_AS_IT_IS], half[_BRIGHTENED]) for half in shapes)
    chosen = [np.arange(count), np.arange(count), np.flatnonzero(to_itself < BECOMES_WHITE)]
    for top in range(0, fresh, TILE_ROWS):
        tiles = [_compare(shapes, chosen, top, left) for left in range(top, count, TILE_COLUMNS)]
        found = pd.concat(tiles).sort_values("similarity", ascending=False, kind="stable")
        found = found.drop_duplicates(["first", "second", "mirrored"]).groupby("first", sort=False).head(MOST_PARTNERS)
        yield found["first"].to_numpy(), found["second"].to_numpy(), found["mirrored"].to_numpy(bool)
        progress(min(top + TILE_ROWS, fresh))


def _compare(shapes: list[Floats], chosen: list[Places], top: int, left: int) -> pd.DataFrame:
    """Pairs of a block of rows with a block of columns that are similar enough in one variant or another.

    Args:
        shapes: even and odd changes, each `[variants, pictures, changes]`.
        chosen: for each variant, the pictures whose variant is compared, ascending.
        top: first row.
        left: first column.
    """
    found = []
    for one, other in _COMPARISONS:
        rows, columns = (
            places[slice(*np.searchsorted(places, [start, start + size]))]
            for places, start, size in ((chosen[one], top, TILE_ROWS), (chosen[other], left, TILE_COLUMNS))
        )
        even, odd = (half[one, rows] @ half[other, columns].T for half in shapes)
        either = np.abs(odd)
        either += even
        first, second = np.divmod(np.flatnonzero(either > LEAST_SIMILARITY), max(1, len(columns)))
        later = rows[first] < columns[second]
        first, second = first[later], second[later]
        for mirrored, sign in ((False, 1), (True, -1)):
            similarity = even[first, second] + sign * odd[first, second]
            table = {"first": rows[first], "second": columns[second], "similarity": similarity, "mirrored": mirrored}
            found.append(pd.DataFrame(table)[similarity > LEAST_SIMILARITY])
    likely: pd.DataFrame = pd.concat(found)
    return likely


def _verify(
    thumbnails: npt.NDArray[np.uint8], first: Places, second: Places, mirrored: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    alignment = align(to_colors(thumbnails[first]), to_colors(thumbnails[second], mirrored))
    same = (thumbnails[first] == thumbnails[second]).all(axis=(1, 2)) & ~mirrored
    table = pd.DataFrame(
        {"first": first, "second": second, "kind": _name(alignment, mirrored, same), "difference": alignment.difference}
    )
    return table.iloc[np.flatnonzero(alignment.difference <= 1)]


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
