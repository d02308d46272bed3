"""The stratified bootstrap: the test pictures of each class are drawn anew, with replacement.

In each class one picture fewer is drawn than it has, and counts that little more (Rao and Wu 1988): drawing all of them
would make the spread of small classes too small, by a tenth at ten pictures of a class in its variance. A class of
one picture is drawn as it is; how that picture would vary nobody knows.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vitrine.evaluation.confusion_scores import ClassCounts

RESAMPLES = 1000
MOST_WEIGHTS = 2 * 10**7  # held at once: 80 MB
DRAWN_AT_ONCE = 10**6  # pictures of a class; some 30 MB
MOST_STEPS = 5 * 10**8  # weights times classes: 3 s
FEWEST_RESAMPLES = 200  # whose deviation is good to 5 %


def resample_matrix(matrix: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator) -> ClassCounts:
    """Counts of drawn test sets, `[resamples, classes]`; each class keeps its number of pictures.

    Args:
        matrix: counts `[classes, classes]`, rows = true class.
        resamples: how many.
        generator: of the draws.
    """
    right = np.zeros((resamples, len(matrix)))
    answers = np.zeros((resamples, len(matrix)))
    for row, counts in enumerate(matrix):
        named = np.flatnonzero(counts)  # of a thousand classes a picture is mistaken for a few
        total = int(counts.sum())
        if not total:
            continue
        draws = max(total - 1, 1)
        drawn = generator.multinomial(draws, counts[named] / total, size=resamples) * (total / draws)
        answers[:, named] += drawn
        right[:, row] = drawn[:, named == row].sum(axis=1)
    return ClassCounts(right, answers, matrix.sum(axis=1).astype(float))


def resample_weights(
    label_ids: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator
) -> npt.NDArray[np.float32]:
    """How often each picture counts in each drawn test set, `[pictures, resamples]`.

    Args:
        label_ids: true classes, `[pictures]`.
        resamples: how many.
        generator: of the draws.
    """
    weights = np.zeros((len(label_ids), resamples), np.float32)
    for label_id in np.unique(label_ids):
        places = np.flatnonzero(label_ids == label_id)
        draws = max(len(places) - 1, 1)
        size = max(1, DRAWN_AT_ONCE // len(places))
        for start in range(0, resamples, size):  # the draws are the same, however many are made at once
            counts = _draw(len(places), draws, min(size, resamples - start), generator)
            weights[places, start : start + size] = counts.T * (len(places) / draws)
    return weights


def _draw(pictures: int, draws: int, resamples: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """How often each picture of a class is drawn, `[resamples, pictures]`."""
    chosen = generator.integers(pictures, size=(resamples, draws))
    chosen += pictures * np.arange(resamples)[:, np.newaxis]
    return np.bincount(chosen.ravel(), minlength=pictures * resamples).reshape(resamples, -1)


def resample_blocks(
    label_ids: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator
) -> Iterator[npt.NDArray[np.float32]]:
    """What `resample_weights` gives, so many resamples at a time as memory allows: all of them up to 100,000 pictures.

    Args:
        label_ids: true classes, `[pictures]`.
        resamples: how many in all.
        generator: of the draws.

    Yields:
        `[pictures, some of the resamples]`.
    """
    size = max(1, MOST_WEIGHTS // len(label_ids))
    if size < resamples:  # of so many pictures, all else takes its room, too
        size = max(1, size // 2)
    for start in range(0, resamples, size):
        yield resample_weights(label_ids, min(size, resamples - start), generator)


def limit_resamples(resamples: int, pictures: int, classes: int) -> int:
    """As many as memory and time allow: 1,000 up to 20,000 pictures, or 10,000 of 50 classes; never below 200.

    Args:
        resamples: wanted.
        pictures: in each of them.
        classes: of the pictures.
    """
    affordable = min(MOST_WEIGHTS // pictures, MOST_STEPS // (pictures * classes))
    return min(resamples, max(FEWEST_RESAMPLES, affordable))
