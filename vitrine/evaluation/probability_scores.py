"""Scores of the probabilities themselves: one class against the rest, and the two losses.

Weights say how often a picture counts, `[pictures, resamples]`, so that one pass over the sorted pictures serves all
resamples; ones give the plain score, equal to scikit-learn's.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from vitrine.errors import UserError
from vitrine.models.calibration.blocks import by_blocks

Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.floating]


def check_probabilities(probabilities: Floats) -> None:
    """Refuses what is not a probability.

    Raises:
        UserError: names the number of bad rows.
    """
    fine = by_blocks(_are_probabilities, probabilities)
    bad = np.flatnonzero(~fine)
    if len(bad):
        raise UserError(
            f"predictions: {len(bad):,} of {len(fine):,} pictures got probabilities that are not numbers from 0 to "
            f"1 (first: row {bad[0]}); train again, with a smaller learning rate or engine.precision=fp32"
        )


def _are_probabilities(probabilities: Floats) -> npt.NDArray[np.bool_]:
    fine = np.isfinite(probabilities) & (probabilities >= 0) & (probabilities <= 1 + 1e-6)
    return np.asarray(fine.all(axis=1))


def score_one_against_rest(scores: Floats, positive: npt.NDArray[np.bool_], weights: Weights) -> tuple[Floats, Floats]:
    """Area under the ROC curve and average precision of one class.

    Args:
        scores: of the class, `[pictures]`.
        positive: pictures of the class, at least one and not all, `[pictures]`.
        weights: see above; the weights of the class and of the rest have the same sums in all resamples.

    Returns:
        `[resamples]` each. Pictures of equal score count as one step of the curve, and half for the area.
    """
    order = np.argsort(-scores, kind="stable")
    is_new = np.concatenate([[True], np.diff(scores[order]) != 0])
    step = np.cumsum(is_new) - 1  # pictures of equal score are one step
    starts = np.flatnonzero(is_new)
    with_positive = np.unique(step[positive[order]])
    # Only the steps that hold a picture of the class matter; all between two of them is summed up at once.
    begin = starts[with_positive]
    end = np.append(starts, len(scores))[with_positive + 1]
    marks = np.unique(np.concatenate([[0], begin, end[end < len(scores)]]))
    segment = np.searchsorted(marks, np.arange(len(scores)), side="right") - 1
    sums = _sum_segments(segment, order, len(marks), weights)
    before = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(sums, axis=0)])
    places = np.append(marks, len(scores))
    at_begin, at_end = before[np.searchsorted(places, begin)], before[np.searchsorted(places, end)]
    rank = np.flatnonzero(positive[order])
    own = _sum_segments(np.searchsorted(with_positive, step[rank]), order[rank], len(with_positive), weights)
    found = np.cumsum(own, axis=0)
    others_at_end, others_at_begin = at_end - found, at_begin - (found - own)
    positives, negatives = found[-1], before[-1] - found[-1]
    area = (own * (negatives - (others_at_end + others_at_begin) / 2)).sum(axis=0) / (positives * negatives)
    precision = np.divide(found, at_end, out=np.zeros_like(found), where=at_end > 0)
    return area, (own * precision).sum(axis=0) / positives


def _sum_segments(
    segment: npt.NDArray[np.int64], pictures: npt.NDArray[np.int64], count: int, weights: Weights
) -> Floats:
    """Sums of the weights of each segment's pictures, `[segments, resamples]`; a sparse product is fastest.

    Segments rise, so that the sparse matrix is laid down as it is stored; sorting it would take most of the time.
    """
    bounds = np.searchsorted(segment, np.arange(count + 1))
    ones = np.ones(len(segment), weights.dtype)
    chooser = csr_array((ones, pictures, bounds), shape=(count, len(weights)))
    summed: Floats = np.asarray(chooser @ weights, dtype=np.float64)
    return summed


def log_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    """Minus the logarithm of the true class's probability in nats, `[pictures]`; as scikit-learn, 0 counts as 2e-16."""
    own = probabilities[np.arange(len(label_ids)), label_ids]
    losses: Floats = -np.log(np.clip(own, np.finfo(np.float64).eps, 1))
    return losses


def brier_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    """Squared distances to the right answer, summed over all classes (Brier 1950): 0 to 2, `[pictures]`."""
    return by_blocks(_brier_losses, probabilities, label_ids)


def _brier_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    own = probabilities[np.arange(len(label_ids)), label_ids]
    losses: Floats = (probabilities**2).sum(axis=1) - own**2 + (1 - own) ** 2
    return losses
