"""Intervals: how far a measured figure may lie from the truth. All are for 95 % unless told otherwise.

benchmarks/interval_coverage.py measures how often they hold the truth, and what the usual ones (percentile and BCa
bootstrap) would do in their place.
"""

import math
from collections.abc import Sequence

import numpy as np

from vitrine.records.schema import Interval
from vitrine.wilson import Z_95, wilson

CONFIDENCE = 0.95
FEW_MISTAKES = 5  # of fewer, resamples hold too few to tell how far a mean that they rule may lie


def wilson_interval(right: int, total: int) -> Interval:
    """Interval of a share (Wilson 1927), fair also for few pictures and shares near 0 or 1.

    Args:
        right: how many of the pictures count.
        total: all pictures; at least 1.
    """
    return wilson(right / total, total)


def score_interval(
    value: float,
    variance: float,
    pictures: float,
    lowest: float = 0.0,
    highest: float = 1.0,
    most: float = math.inf,
) -> Interval:
    """Wilson's interval for a score that is not a plain share but has two ends, as F1, AUC and kappa have.

    The variance says as how many pictures' share the score behaves (its effective sample size, as surveys reckon; Kott
    and Carr 1997); Wilson's formula follows with that number. Percentiles of the resamples fail where mistakes are few:
    without a mistake all resamples are equal, and the interval would have no width.

    Args:
        value: measured, from lowest to highest.
        variance: of the value, from the bootstrap.
        pictures: what counts in place of the effective number where all resamples are equal; more than 0.
        lowest: possible value.
        highest: possible value.
        most: what the effective number cannot exceed; small classes without a mistake would make it too large.
    """
    width = highest - lowest
    share = min(max((value - lowest) / width, 0.0), 1.0)
    spread = variance / width**2
    # Rounding leaves resamples that are equal a variance of 1e-33 or so.
    effective = share * (1 - share) / spread if spread > 1e-15 and 0 < share < 1 else pictures
    effective = min(effective, most)
    low, high = wilson(share, effective)
    return lowest + width * low, lowest + width * high


def mean_interval(value: float, variance: float) -> Interval | None:
    """Interval of a mean of values without upper end, as losses are: symmetric in its logarithm, and so above 0.

    Returns:
        None where the resamples do not differ, so that nothing can be said.

    Args:
        value: measured mean, above 0.
        variance: of the mean.
    """
    if value <= 0 or variance <= 0:
        return None
    # The deviation of a mean of positive values is about the mean itself at most: the exponent stays small.
    factor = math.exp(Z_95 * math.sqrt(variance) / value)
    return value / factor, value * factor


def effective_images(counts: Sequence[int]) -> float:
    """As how many pictures the plain mean over classes behaves: as few as the small classes let it.

    Args:
        counts: pictures of each class, all above 0.
    """
    numbers = np.asarray(counts, dtype=float)
    return float(len(numbers) ** 2 / (1 / numbers).sum())
