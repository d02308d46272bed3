"""Which pictures are similar enough to be laid over each other, found by an index: for too many to compare all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from vitrine.data.checks.alignment import interpolate
from vitrine.data.checks.exact_search import (
    CUT,
    FREQUENCIES,
    LEAST_CONTRAST,
    TILE_ROWS,
    Candidates,
    Floats,
    Places,
    blocks_of,
    with_contrast,
)
from vitrine.data.checks.fingerprints import COLOR_SIDE, COSINE_SCALE, SIDE, cosines
from vitrine.data.images.prefetch import map_ahead

if TYPE_CHECKING:
    import faiss

Sides = npt.NDArray[np.bool_]

# Among a million pictures a thousand others have a shape as similar as a copy's; colour at four frequencies in each
# direction tells most of them apart. It counts twice: colours differ less than brightness does.
COLOR_FREQUENCIES, COLOR_WEIGHT = 4, 2.0
EVEN = FREQUENCIES**2 // 2 + COLOR_FREQUENCIES**2  # changes that mirroring leaves as they are; they come first
# The index holds each picture cut by half of what a copy may be cut. So one question, with the whole picture, finds
# both what was saved again and what was cut: 0.96 similar to either.
HALF_CUT = (1 + CUT) / 2
PARTNERS = 8  # asked for at once
ASKING_AT_ONCE = 1 << 15  # rows: some hundreds of questions to each cell
SIMILARITIES_AT_ONCE = 1 << 22  # 16 MB
CODE_SCALE = 127  # of a change as a whole number of a byte
# A copy is the likeliest partner of its picture or as similar to it as the picture is to itself in the index; the
# likeliest one may be less similar by `STRANGER` where brightening turned parts into white.
LEAST_LIKELY, AS_ITSELF, STRANGER = 0.8, 0.04, 0.15
# Of the index. Finer cells would leave fewer pictures to compare, and cost more to find than a product saves.
CELLS_PER_ROOT, CELLS_LOOKED_AT = 2, 52  # a root of the pictures
SAMPLES_PER_CELL, ROUNDS = 40, 4  # to place the cells
# Pictures are kept facing one side, so that a mirrored copy is found by the same question. A picture is asked both ways
# where so little of it (of a vector of length 1) faces a side: a third of pictures; in copies it differs by less.
UNCLEAR_SIDE = 0.03


def search_index(
    thumbnails: npt.NDArray[np.uint8],
    rows: Places,
    fresh: npt.NDArray[np.bool_],
    progress: Callable[[int, int], None],
) -> Iterator[Candidates]:
    """Yields the likeliest pairs, nearly all that `compare_all` would find; time grows with the power 1.3 of the rows.

    Pictures that are no more than a slope of grey (empty pages, dark frames) and have as many partners as were asked
    for are compared by content only: thousands are alike, and they would chain everything together.

    Args:
        thumbnails: `[all rows, 48, 32]`; may be mapped into memory, and is read in blocks.
        rows: which of them to compare.
        fresh: which of the rows are compared with all others.
        progress: called with the pictures compared and all of them.
    """
    described = with_contrast(thumbnails, rows)
    asking = described[np.isin(described, rows[fresh])]
    if len(asking) == 0:
        return
    index = _build(thumbnails, described)
    # Where all ask, the cut one of two pictures finds the other; where some ask, it may be the other that asks.
    zooms = (1.0,) if len(asking) == len(described) else (1.0, CUT)
    parts = [asking[start : start + ASKING_AT_ONCE] for start in range(0, len(asking), ASKING_AT_ONCE)]

    def ask(part: Places) -> tuple[Candidates, Places]:
        likely, full = _ask(index, thumbnails, part, described, zooms)
        return likely, part[full & _is_plain(thumbnails, part)]

    found, crowded, done = [], [], 0
    with threadpool_limits(1, "blas"):  # the threads that ask have the cores
        for part, (likely, plain) in zip(parts, map_ahead(ask, parts, on_start=_use_one_thread), strict=True):
            found.append(likely)
            crowded.append(plain)
            done += len(part)
            progress(done, len(asking))
    first, second, mirrored = (np.concatenate(column) for column in zip(*found, strict=True))
    apart = ~(np.isin(first, np.concatenate(crowded)) | np.isin(second, np.concatenate(crowded)))
    ends = np.sort([first[apart], second[apart]], axis=0)
    once = np.unique(np.stack([*ends, mirrored[apart]], axis=1), axis=0)  # read in order
    yield once[:, 0], once[:, 1], once[:, 2].astype(bool)


@dataclass(frozen=True)
class _Index:
    """What `describe` says of pictures cut by half, in cells of what is similar.

    Attributes:
        centers: of the cells.
        codes: in a byte a change, cell by cell, `[pictures, 96]`.
        places: of the pictures in what was indexed, in the same order, `[pictures]`.
        starts: of the cells, and the end of the last one, `[cells + 1]`.
        sides: which pictures were mirrored, in the order of what was indexed, `[pictures]`.
    """

    centers: "faiss.Index"
    codes: npt.NDArray[np.int8]
    places: Places
    starts: Places
    sides: Sides

    def ask(self, questions: Floats, least: Floats) -> tuple[Places, Places, Floats]:
        """The likeliest partners: of which question (its number), places of pictures, and their similarity.

        All questions to a cell are one product of matrices. faiss's own lists would be scanned for each question alone,
        which takes twice as long for all.

        Args:
            questions: vectors of `describe`, `[questions, 96]`.
            least: similarity of what is worth telling, `[questions]`.
        """
        cells = self.centers.search(questions, min(CELLS_LOOKED_AT, len(self.starts) - 1))[1].astype(np.uint16)
        order = np.argsort(cells, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(cells.ravel(), minlength=len(self.starts) - 1))
        asking = order // cells.shape[1]
        found = [
            self._look_into(cell, questions, least, asking[start:end])
            for cell, (start, end) in enumerate(pairwise((0, *ends.tolist())))
            if start < end
        ]
        number, place, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
        return number, place, similarity

    def _look_into(self, cell: int, questions: Floats, least: Floats, asking: Places) -> tuple[Places, Places, Floats]:
        members = slice(*self.starts[cell : cell + 2].tolist())
        codes = self.codes[members].astype(np.float32)
        found = []
        at_once = max(1, SIMILARITIES_AT_ONCE // max(1, len(codes)))
        for start in range(0, len(asking), at_once):
            numbers = asking[start : start + at_once]
            similar = questions[numbers] @ codes.T
            row, column = _choose_best(similar, least[numbers, None] * CODE_SCALE)
            found.append((numbers[row], self.places[members][column], similar[row, column] / CODE_SCALE))
        number, place, similarity = (np.concatenate(part) for part in zip(*found, strict=True))
        return number, place, similarity


def _choose_best(similar: Floats, least: Floats) -> tuple[Places, Places]:
    """Rows and columns of what is above the least `[rows, 1]`, of each row no more than `PARTNERS`."""
    row, column = np.divmod(np.flatnonzero(similar > least), similar.shape[1])
    counts = np.bincount(row, minlength=len(similar))
    many = np.flatnonzero(counts > PARTNERS)
    if len(many) == 0:
        return row, column
    few = counts[row] <= PARTNERS
    best = np.argpartition(similar[many], -PARTNERS)[:, -PARTNERS:]
    return np.concatenate([row[few], np.repeat(many, PARTNERS)]), np.concatenate([column[few], best.ravel()])


def _build(thumbnails: npt.NDArray[np.uint8], rows: Places) -> _Index:
    import faiss  # takes a moment, and few data sets need it

    cells = max(1, min(int(CELLS_PER_ROOT * len(rows) ** 0.5), len(rows) // SAMPLES_PER_CELL))
    chosen = np.random.default_rng(0).choice(len(rows), min(len(rows), SAMPLES_PER_CELL * cells), replace=False)
    sample = blocks_of(rows[np.sort(chosen)])
    groups = faiss.Kmeans(2 * EVEN, cells, niter=ROUNDS, spherical=True)
    groups.train(np.concatenate([_face_one_side(describe(thumbnails[part], HALF_CUT))[0] for part in sample]))
    cell, codes, sides = [], [], []
    for part in blocks_of(rows):
        facing, mirrored = _face_one_side(describe(thumbnails[part], HALF_CUT))
        cell.append(groups.index.search(facing, 1)[1][:, 0])
        codes.append(np.rint(facing * CODE_SCALE).astype(np.int8))
        sides.append(mirrored)
    own = np.concatenate(cell)
    places = np.argsort(own, kind="stable")
    starts = np.searchsorted(own[places], np.arange(cells + 1))
    return _Index(groups.index, np.concatenate(codes)[places], places, starts, np.concatenate(sides))


def _use_one_thread() -> None:
    """For a thread that asks: the others have the other cores, and OpenMP's would wait for work at full speed."""
    import faiss

    faiss.omp_set_num_threads(1)


def _ask(
    index: _Index, thumbnails: npt.NDArray[np.uint8], part: Places, rows: Places, zooms: tuple[float, ...]
) -> tuple[Candidates, Sides]:
    """The likely partners of some rows; and which of these rows have as many as were asked for."""
    to_itself = np.concatenate([_compare_with_index(thumbnails[one]) for one in blocks_of(part)])
    questions, asker, turned = _pose(thumbnails, part, zooms)
    number, place, similarity = index.ask(questions, np.maximum(LEAST_LIKELY, to_itself[asker] - STRANGER))
    chosen = _choose_likeliest(number, similarity, rows[place] != part[asker[number]])
    number, place, similarity = number[chosen], place[chosen], similarity[chosen]
    who = asker[number]
    close = similarity >= to_itself[who] - AS_ITSELF
    best = np.zeros(len(part), np.float32)
    np.maximum.at(best, who, similarity)
    likely = close | (similarity == best[who])
    pairs = (part[who[likely]], rows[place[likely]], turned[number[likely]] != index.sides[place[likely]])
    return pairs, np.bincount(who[close], minlength=len(part)) >= PARTNERS - 1


def _choose_likeliest(number: Places, similarity: Floats, is_other: Sides) -> Places:
    """Which of the partners are among the `PARTNERS` most similar of their question's: thousands may be alike."""
    others = np.flatnonzero(is_other)
    order = others[np.lexsort((-similarity[others], number[others]))]
    rank = np.arange(len(order)) - np.searchsorted(number[order], number[order])
    return order[rank < PARTNERS]


def _compare_with_index(thumbnails: npt.NDArray[np.uint8]) -> Floats:
    """How similar pictures are to themselves as the index holds them, `[n]`."""
    similarity: Floats = np.einsum("ij,ij->i", describe(thumbnails), describe(thumbnails, HALF_CUT))
    return similarity


def _pose(thumbnails: npt.NDArray[np.uint8], part: Places, zooms: tuple[float, ...]) -> tuple[Floats, Places, Sides]:
    """Questions, of each size facing one side and, if need be, the other: vectors, whose they are, what is mirrored."""
    posed = []
    for zoom in zooms:
        for start, block in zip(range(0, len(part), TILE_ROWS), blocks_of(part), strict=True):
            facing, mirrored = _face_one_side(describe(thumbnails[block], zoom))
            unclear = np.flatnonzero(np.abs(facing[:, EVEN]) < UNCLEAR_SIDE)
            posed += [(facing, start + np.arange(len(block)), mirrored)]
            posed += [(mirror(facing[unclear]), start + unclear, ~mirrored[unclear])]
    questions, asker, turned = (np.concatenate(column) for column in zip(*posed, strict=True))
    return questions, asker, turned


def _face_one_side(vectors: Floats) -> tuple[Floats, Sides]:
    """Vectors of `describe`, mirrored where the left is darker than the right; and which of them were."""
    mirrored: Sides = vectors[:, EVEN] < 0
    return np.where(mirrored[:, None], mirror(vectors), vectors), mirrored


def describe(thumbnails: npt.NDArray[np.uint8], zoom: float = 1.0) -> Floats:
    """Coarse shapes and colours as vectors of length 1, `[n, 96]`: first the changes that mirroring leaves.

    Args:
        thumbnails: `[n, 48, 32]`.
        zoom: 0.9 shows the inner nine tenths.
    """
    brightness = thumbnails[:, :SIDE].astype(np.float32)
    color = thumbnails[:, SIDE:].astype(np.float32) - 128
    changes = [_changes(brightness, cosines(FREQUENCIES) / COSINE_SCALE, zoom, 1.0)]
    basis = np.cos(np.outer(np.arange(COLOR_FREQUENCIES), 2 * np.arange(COLOR_SIDE) + 1) * np.pi / SIDE)
    # A change of half the resolution is a sum over a quarter of the pixels.
    changes += [
        _changes(half, basis, zoom, 4 * COLOR_WEIGHT) for half in (color[:, :, :COLOR_SIDE], color[:, :, COLOR_SIDE:])
    ]
    halves = [one[:, :, odd::2].reshape(len(one), -1) for odd in (0, 1) for one in changes]
    vectors = np.concatenate(halves, axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(LEAST_CONTRAST)
    return vectors


def mirror(vectors: Floats) -> Floats:
    """What `describe` gives for the mirrored pictures."""
    mirrored = vectors.copy()
    mirrored[:, EVEN:] *= -1
    return mirrored


def _changes(bands: Floats, basis: npt.NDArray[np.float64], zoom: float, weight: float) -> Floats:
    """Changes of each frequency, weighted by it as natural pictures need (see `exact_search`), `[n, f, f]`."""
    inner = (basis @ interpolate(np.array([[zoom, 0.0]]), bands.shape[-1])[0]).astype(np.float32)
    frequency = np.arange(len(basis), dtype=np.float32)
    weights = np.hypot(frequency[:, None], frequency[None, :])
    if weight != 1:
        weights[0, 0] = 0.5  # the mean colour says something, the mean brightness does not
    changes: Floats = inner @ bands @ inner.T * (weights * np.float32(weight))
    return changes


def _is_plain(thumbnails: npt.NDArray[np.uint8], rows: Places) -> npt.NDArray[np.bool_]:
    """Whether little is left of the contrast of these rows once a slope across the picture is taken away."""
    return np.concatenate([_has_only_slope(thumbnails[part, :SIDE].astype(np.float32)) for part in blocks_of(rows)])


def _has_only_slope(brightness: Floats) -> npt.NDArray[np.bool_]:
    slope = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    spread = (slope**2).mean()
    down, across = ((brightness.mean(axis=axis) @ slope / SIDE) for axis in (2, 1))
    left = brightness.var(axis=(1, 2)) - (down**2 + across**2) / spread
    plain: npt.NDArray[np.bool_] = left < LEAST_CONTRAST**2
    return plain
