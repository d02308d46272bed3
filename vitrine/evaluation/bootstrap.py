"""The stratified bootstrap: the test pictures of each class are drawn anew, with replacement.

In each class one picture fewer is drawn than it has, and counts that little more (Rao and Wu 1988): drawing all of them
would make the spread of small classes too small, by a tenth at ten pictures of a class in its variance. A class of
one picture is drawn as it is; how that picture would vary nobody knows.
"""

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000


def resample_matrix(
    matrix: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Confusion matrices of drawn test sets.

    Args:
        matrix: counts `[classes, classes]`, rows = true class.
        resamples: how many.
        generator: of the draws.

    Returns:
        `[resamples, classes, classes]`; the sum of each row is that of the matrix.
    """
    drawn = np.zeros((resamples, *matrix.shape))
    for row, counts in enumerate(matrix):
        total = int(counts.sum())
        if total:
            draws = max(total - 1, 1)
            drawn[:, row] = generator.multinomial(draws, counts / total, size=resamples) * (total / draws)
    return drawn


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
        chosen = generator.integers(len(places), size=(resamples, draws))
        chosen += len(places) * np.arange(resamples)[:, np.newaxis]
        counts = np.bincount(chosen.ravel(), minlength=len(places) * resamples).reshape(resamples, -1)
        weights[places] = counts.T * (len(places) / draws)
    return weights
