"""Risk against coverage: what share of answers would be wrong if only the surest were given."""

import numpy as np
import numpy.typing as npt

from vitrine.records.selective import RiskCoverage

CURVE_POINTS = 100


def risk_coverage(confidence: npt.ArrayLike, right: npt.ArrayLike) -> RiskCoverage:
    """The curve of the answers to test pictures, thinned to a hundred points.

    Args:
        confidence: `[pictures]`.
        right: whether they are right, `[pictures]`.
    """
    values, hits = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    order = np.argsort(-values, kind="stable")
    answers = np.arange(1, len(values) + 1)
    # Equal confidences come in no order: each of them counts as the mean of them all.
    _, group, size = np.unique(-values[order], return_inverse=True, return_counts=True)
    hits = (np.bincount(group, hits[order]) / size)[group]
    risk = 1 - np.cumsum(hits) / answers
    points = np.unique(np.linspace(0, len(values) - 1, min(CURVE_POINTS, len(values))).round().astype(int))
    return RiskCoverage(
        coverage=(answers[points] / len(values)).tolist(),
        risk=np.clip(risk[points], 0, 1).tolist(),
        area=float(np.clip(risk.mean(), 0, 1)),
    )
