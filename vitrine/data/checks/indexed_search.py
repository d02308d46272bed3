"""Which pictures are similar enough to be laid over each other, found by an index: for too many to compare all."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vitrine.data.checks.alignment import interpolate
from vitrine.data.checks.exact_search import (
    CUT,
    FREQUENCIES,
    LEAST_CONTRAST,
    Candidates,
    Floats,
    Places,
    blocks_of,
    with_contrast,
)
from vitrine.data.checks.fingerprints import COLOR_SIDE, COSINE_SCALE, SIDE, cosines
from vitrine.data.checks.plain_pictures import CROWD, is_plain
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
PARTNERS = CROWD + 1  # asked for at once, of which one is the picture itself
PAIRS_YIELDED = 4096
# A copy is the likeliest partner of its picture or as similar to it as the picture is to itself in the index.
LEAST_LIKELY, AS_ITSELF = 0.8, 0.04
CELLS_PER_ROOT, CELLS_LOOKED_AT = 8, 48  # of the index, at most; a root of the pictures
# A copy is in the cell that is most similar to its picture or in one hardly less similar: all of 1,000 copies among
# 100,000 pictures are. A picture has 22 such cells on average, and some have one.
LESS_SIMILAR = 0.15
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
    """Yields the likeliest pairs, nearly all that `compare_all` would find; time grows with the power 1.35 of the rows.

    Plain pictures (see `is_plain`) that have as many partners as were asked for have no pairs: thousands are alike.

    Args:
        thumbnails: `[all rows, 48, 32]`; may be mapped into memory, and is read in blocks.
        rows: which of them to compare.
        fresh: which of the rows are compared with all others.
        progress: called with the pictures compared and all of them: a third of each is its place in the index, another
            its question, and the last the look at its pairs, which is over when all that is yielded was taken.
    """
    described = with_contrast(thumbnails, rows)
    asking = described[np.isin(described, rows[fresh])]
    if len(asking) == 0:
        return
    parts = blocks_of(asking)

    def tell(third: int, share: float) -> None:
        progress(int(len(asking) * (third + share) / 3), len(asking))

    index, sides = _build(thumbnails, described, lambda share: tell(0, share))
    # Where all ask, the cut one of two pictures finds the other; where some ask, it may be the other that asks.
    zooms = (1.0,) if len(asking) == len(described) else (1.0, CUT)

    def ask(part: Places) -> tuple[Candidates, Places]:
        likely, full = _ask(index, sides, thumbnails, part, described, zooms)
        crowded = part[full]
        return likely, crowded[is_plain(thumbnails[crowded])]

    found, crowded, done = [], [], 0
    for part, (likely, plain) in zip(parts, map_ahead(ask, parts, on_start=_use_one_thread), strict=True):
        found.append(likely)
        crowded.append(plain)
        done += len(part)
        tell(1, done / len(asking))
    first, second, mirrored = (np.concatenate(column) for column in zip(*found, strict=True))
    apart = ~(np.isin(first, np.concatenate(crowded)) | np.isin(second, np.concatenate(crowded)))
    ends = np.sort([first[apart], second[apart]], axis=0)
    once = np.unique(np.stack([*ends, mirrored[apart]], axis=1), axis=0)  # read in order
    for start in range(0, len(once), PAIRS_YIELDED):
        part = once[start : start + PAIRS_YIELDED]
        yield part[:, 0], part[:, 1], part[:, 2].astype(bool)
        tell(2, start / len(once))
    tell(2, 1)


def _build(
    thumbnails: npt.NDArray[np.uint8], rows: Places, tell: Callable[[float], None]
) -> tuple["faiss.IndexIVFScalarQuantizer", Sides]:
    """An index of the rows, numbered by their places in `rows`, in a byte a change; and which it has mirrored."""
    import faiss  # takes a moment, and few data sets need it

    size = 2 * EVEN
    cells = max(1, min(int(CELLS_PER_ROOT * len(rows) ** 0.5), len(rows) // SAMPLES_PER_CELL))
    # Not QT_8bit_direct_signed, which cuts the question to whole numbers as well (findings).
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(size), size, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.spherical = True
    index.cp.niter = ROUNDS
    index.nprobe = min(CELLS_LOOKED_AT, cells)  # with more, `search_preassigned` mixes up the questions (findings)
    chosen = np.random.default_rng(0).choice(len(rows), min(len(rows), SAMPLES_PER_CELL * cells), replace=False)
    sample = blocks_of(rows[np.sort(chosen)])
    index.train(np.concatenate([_face_one_side(describe(thumbnails[part], HALF_CUT))[0] for part in sample]))
    sides = []
    for part in blocks_of(rows):
        facing, mirrored = _face_one_side(describe(thumbnails[part], HALF_CUT))
        index.add(facing)
        sides.append(mirrored)
        tell(index.ntotal / len(rows))
    return index, np.concatenate(sides)


def _use_one_thread() -> None:
    """For a thread that asks: the others have the other cores, and OpenMP's would wait for work at full speed."""
    import faiss

    faiss.omp_set_num_threads(1)


def _ask(
    index: "faiss.IndexIVFScalarQuantizer",
    sides: Sides,
    thumbnails: npt.NDArray[np.uint8],
    part: Places,
    rows: Places,
    zooms: tuple[float, ...],
) -> tuple[Candidates, Sides]:
    """The likely partners of some rows; and which of these rows have as many as were asked for."""
    to_itself = np.einsum("ij,ij->i", describe(thumbnails[part]), describe(thumbnails[part], HALF_CUT))
    ways = 2 * len(zooms)  # each size, facing one side and, if need be, the other
    similarity = np.full((len(part), ways, PARTNERS), -1, np.float32)
    place = np.zeros((len(part), ways, PARTNERS), np.int64)
    turned = np.zeros((len(part), ways, 1), bool)
    for number, zoom in enumerate(zooms):
        facing, mirrored = _face_one_side(describe(thumbnails[part], zoom))
        unclear = np.flatnonzero(np.abs(facing[:, EVEN]) < UNCLEAR_SIDE)
        one, other = 2 * number, 2 * number + 1
        similarity[:, one], place[:, one] = _search(index, facing)
        similarity[unclear, other], place[unclear, other] = _search(index, mirror(facing[unclear]))
        turned[:, one, 0], turned[:, other, 0] = mirrored, ~mirrored
    itself = rows[place] == part[:, None, None]
    similarity[itself | (place < 0)] = -1
    close = similarity >= to_itself[:, None, None] - AS_ITSELF
    best = similarity.max(axis=(1, 2), keepdims=True)
    likely = (close | (similarity == best)) & (similarity > LEAST_LIKELY)
    asked, way, column = np.nonzero(likely)
    partner = place[asked, way, column]
    pairs = (part[asked], rows[partner], turned[asked, way, 0] != sides[partner])
    return pairs, close.sum(axis=(1, 2)) >= CROWD


def _search(index: "faiss.IndexIVFScalarQuantizer", questions: Floats) -> tuple[Floats, Places]:
    """Similarities and numbers of the likeliest partners, `[n, PARTNERS]`, in cells about as similar as the first."""
    similarity, cells = index.quantizer.search(questions, index.nprobe)
    cells[similarity < similarity[:, :1] - LESS_SIMILAR] = -1
    lists: Any = index  # its stubs know the form of C++ alone
    found: tuple[Floats, Places] = lists.search_preassigned(questions, PARTNERS, cells, similarity)
    return found


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
