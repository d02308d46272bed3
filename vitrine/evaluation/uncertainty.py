"""Intervals: how far a measured share may lie from the truth."""

from scipy.stats import binomtest


def wilson_interval(right: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927), fair also for few pictures and shares near 0 or 1.

    Args:
        right: how many of the pictures count.
        total: all pictures; at least 1.
        confidence: share of such intervals that hold the true value.
    """
    interval = binomtest(right, total).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
