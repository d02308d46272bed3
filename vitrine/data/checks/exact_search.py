"""Which pictures are similar enough to be laid over each other: each compared with each, in blocks."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.checks.alignment import interpolate
from vitrine.data.checks.fingerprints import COSINE_SCALE, SIDE, cosines
from vitrine.records.scratch import scratch_array

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Candidates = tuple[Places, Places, npt.NDArray[np.bool_]]  # one row, another, whether mirrored

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


def compare_all(
    thumbnails: npt.NDArray[np.uint8],
    rows: Places,
    fresh: npt.NDArray[np.bool_],
    progress: Callable[[int, int], None],
) -> Iterator[Candidates]:
    """Yields pairs that are similar enough, block by block; the time grows with `fresh.sum() * len(rows)`.

    Args:
        thumbnails: `[all rows, 48, 32]`.
        rows: which of them to compare.
        fresh: which of the rows are compared with all others.
        progress: called with the pictures compared and all of them.
    """
    described, shapes = _describe(thumbnails, np.concatenate([rows[fresh], rows[~fresh]]))
    count = int(np.isin(described, rows[fresh]).sum())
    for one, other, mirrored in _candidates(shapes, count, lambda done: progress(done, count)):
        yield described[one], described[other], mirrored


def with_contrast(thumbnails: npt.NDArray[np.uint8], rows: Places) -> Places:
    """The rows whose pictures have enough contrast to be compared."""
    deviation = [thumbnails[part, :SIDE].std(axis=(1, 2)) for part in blocks_of(rows)]
    return rows[np.concatenate(deviation) >= LEAST_CONTRAST] if deviation else rows


# Which variant of the one picture is compared with which of the other.
_AS_IT_IS, _CUT, _BRIGHTENED = range(3)
_COMPARISONS = (
    (_AS_IT_IS, _AS_IT_IS), (_AS_IT_IS, _CUT), (_CUT, _AS_IT_IS), (_AS_IT_IS, _BRIGHTENED), (_BRIGHTENED, _AS_IT_IS),
)  # fmt: skip


def _describe(thumbnails: npt.NDArray[np.uint8], rows: Places) -> tuple[Places, Floats]:
    """Coarse shapes as vectors of length 1, whose product is a similarity in [-1, 1].

    In a mirrored picture the odd changes across have the opposite sign. So two products, of the even ones and of the
    odd ones, compare both a picture and its mirrored self.

    Returns:
        The rows with enough contrast to be compared, and their even and odd changes, `[2, variants, rows, 32]`: 768
        bytes a row, in a file where there are many, of which a few may be compared with all others.
    """
    rows = with_contrast(thumbnails, rows)
    basis = cosines(FREQUENCIES).astype(np.float32) / COSINE_SCALE
    inner = basis @ interpolate(np.array([[CUT, 0.0]]), SIDE)[0]
    # Natural pictures change ten times less ten times faster (amplitude 1 / frequency); unweighted, sky above and
    # ground below would make half of all pictures similar.
    frequency = np.arange(FREQUENCIES, dtype=np.float32)
    weight = np.hypot(frequency[:, None], frequency[None, :])
    halves = scratch_array((2, 3, len(rows), FREQUENCIES * FREQUENCIES // 2), np.float32)
    for number, part in enumerate(blocks_of(rows)):
        block = slice(number * TILE_ROWS, number * TILE_ROWS + len(part))
        brightness = thumbnails[part, :SIDE].astype(np.float32)
        variants = ((brightness, basis), (brightness, inner), (np.minimum(BRIGHTER * brightness, 255), basis))
        for variant, (pictures, changes) in enumerate(variants):
            shapes = changes @ pictures @ changes.T * weight
            shapes /= np.linalg.norm(shapes, axis=(1, 2), keepdims=True).clip(LEAST_CONTRAST)
            for odd, half in enumerate(halves):
                half[variant, block] = shapes[:, :, odd::2].reshape(len(shapes), -1)
    return rows, halves


def blocks_of(rows: Places) -> list[Places]:
    """The rows in parts that are worked on at once."""
    return [rows[start : start + TILE_ROWS] for start in range(0, len(rows), TILE_ROWS)]


def _candidates(shapes: Floats, fresh: int, progress: Callable[[int], None]) -> Iterator[Candidates]:
    """Yields pairs that are similar enough, as first, second, whether mirrored; block by block of the first rows.

    Only so many of the first rows as are `fresh` are compared with all.
    """
    count = shapes.shape[2]
    to_itself = sum(np.einsum("ij,ij->i", half[_AS_IT_IS], half[_BRIGHTENED]) for half in shapes)
    every = np.arange(count)
    chosen = [every, every, np.flatnonzero(to_itself < BECOMES_WHITE)]
    for top in range(0, fresh, TILE_ROWS):
        tiles = [_compare(shapes, chosen, top, left) for left in range(top, count, TILE_COLUMNS)]
        found = pd.concat(tiles).sort_values("similarity", ascending=False, kind="stable")
        found = found.drop_duplicates(["first", "second", "mirrored"]).groupby("first", sort=False).head(MOST_PARTNERS)
        yield found["first"].to_numpy(), found["second"].to_numpy(), found["mirrored"].to_numpy(bool)
        progress(min(top + TILE_ROWS, fresh))


def _compare(shapes: Floats, chosen: list[Places], top: int, left: int) -> pd.DataFrame:
    """Pairs of a block of rows with a block of columns that are similar enough in one variant or another.

    Args:
        shapes: even and odd changes, `[2, variants, pictures, changes]`.
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
