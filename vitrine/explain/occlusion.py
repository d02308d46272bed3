"""Which parts of a picture an answer needs, by covering one after the other; for every runtime."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]
Ask = Callable[[Pixels], Probabilities]  # `[pictures, 3, side, side]` to `[pictures]`: of the class in question

CELLS = 8  # of a side that a cover is wide
BATCH = 16


def occlusion_map(ask: Ask, picture: Pixels, cells: int = CELLS) -> npt.NDArray[np.float32]:
    """How much probability is lost when a part is covered with the picture's mean colour.

    Covers are two cells wide and move by one, so that each part is covered four times (Zeiler and Fergus 2014).

    Args:
        ask: the probability of a class for pictures.
        picture: as the network sees it, `[3, side, side]`.
        cells: along a side.

    Returns:
        float32, `[side, side]`, from 0 to 1; all 0 where no cover lowers the probability.
    """
    side = picture.shape[-1]
    edges = np.linspace(0, side, cells + 1).round().astype(int)
    mean = picture.mean(axis=(1, 2), keepdims=True)
    places = [(row, column) for row in range(-1, cells) for column in range(-1, cells)]
    whole = float(ask(picture[None])[0])
    lost, count = np.zeros((cells, cells)), np.zeros((cells, cells))
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        covered = np.repeat(picture[None], len(some), axis=0)
        spans = [(slice(max(0, row), row + 2), slice(max(0, column), column + 2)) for row, column in some]
        for one, span in zip(covered, spans, strict=True):
            rows, columns = (slice(edges[part.start], edges[min(part.stop, cells)]) for part in span)
            one[:, rows, columns] = mean
        for span, share in zip(spans, ask(covered), strict=True):
            lost[span] += whole - share
            count[span] += 1
    kept = np.maximum(lost / count, 0)
    largest = kept.max()
    cell_of = np.repeat(np.arange(cells), np.diff(edges))
    scaled: npt.NDArray[np.float32] = (kept / largest if largest > 0 else kept)[np.ix_(cell_of, cell_of)].astype(
        np.float32
    )
    return scaled
