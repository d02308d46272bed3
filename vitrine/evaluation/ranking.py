"""How well the probability of one class ranks its pictures before all others, for many drawn test sets at once.

The pictures are sorted once. Weights say how often each counts, `[pictures, resamples]`, so that one pass over the
sorted pictures serves all resamples; ones give the plain score, equal to scikit-learn's.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from vitrine.evaluation.probability_scores import Floats

Weights = npt.NDArray[np.floating]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Ranking:
    """The pictures by the probability of one class, cut into segments that nothing but sums is needed of.

    Pictures of equal probability count as one step of the curve; only the steps that hold a picture of the class
    matter, and all between two of them is one segment.

    Attributes:
        order: all pictures, the likeliest first, `[pictures]`.
        bounds: where in it each segment begins, and the last one ends, `[segments + 1]`.
        begins: number of the first segment of each step that matters, `[steps]`.
        ends: number of the segment behind it, `[steps]`.
        own: pictures of the class in their order, `[pictures of the class]`.
        own_bounds: where in it each step begins, and the last one ends, `[steps + 1]`.
    """

    order: Places
    bounds: Places
    begins: Places
    ends: Places
    own: Places
    own_bounds: Places

    @classmethod
    def of(cls, scores: Floats, positive: npt.NDArray[np.bool_], room: Places) -> Self:
        """Sorts the pictures.

        Args:
            scores: of the class, `[pictures]`.
            positive: pictures of the class, at least one and not all, `[pictures]`.
            room: for the order, `[pictures]`.
        """
        room[:] = np.argsort(-scores, kind="stable")
        ranks = np.flatnonzero(positive[room])
        starts = np.flatnonzero(np.concatenate([[True], np.diff(scores[room]) != 0]))
        steps, own_bounds = np.unique(np.searchsorted(starts, ranks, side="right") - 1, return_index=True)
        begin, end = starts[steps], np.append(starts, len(scores))[steps + 1]
        bounds = np.unique(np.concatenate([[0], begin, end, [len(scores)]]))
        begins, ends = np.searchsorted(bounds, begin), np.searchsorted(bounds, end)
        small = (bounds, begins, ends, room[ranks], np.append(own_bounds, len(ranks)))
        return cls(room, *(places.astype(np.int32) for places in small))

    def score(self, weights: Weights) -> Floats:
        """Area under the ROC curve and average precision, `[2, resamples]`; equal scores count half for the area.

        Args:
            weights: `[pictures, resamples]`; those of the class and those of the rest have the same sums in all.
        """
        sums = _sum_segments(self.bounds, self.order, weights)
        before = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(sums, axis=0)])
        at_begin, at_end = before[self.begins], before[self.ends]
        own = _sum_segments(self.own_bounds, self.own, weights)
        found = np.cumsum(own, axis=0)
        others_at_end, others_at_begin = at_end - found, at_begin - (found - own)
        positives, negatives = found[-1], before[-1] - found[-1]
        area = (own * (negatives - (others_at_end + others_at_begin) / 2)).sum(axis=0) / (positives * negatives)
        precision = np.divide(found, at_end, out=np.zeros_like(found), where=at_end > 0)
        return np.stack([area, (own * precision).sum(axis=0) / positives])


def _sum_segments(bounds: Places, pictures: Places, weights: Weights) -> Floats:
    """Sums of the weights of each segment's pictures, `[segments, resamples]`; a sparse product is fastest."""
    ones = np.ones(len(pictures), weights.dtype)
    chooser = csr_array((ones, pictures, bounds), shape=(len(bounds) - 1, len(weights)))
    summed: Floats = np.asarray(chooser @ weights, dtype=np.float64)
    return summed
