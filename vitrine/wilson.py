"""Wilson's interval of a share: the formula alone, so that the page of the app needs no statistics library for it."""

import math
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)


def wilson(share: float, pictures: float, z: float = Z_95) -> tuple[float, float]:
    """Its ends (Wilson 1927), fair also for few pictures and shares near 0 or 1.

    Args:
        share: in [0, 1].
        pictures: one or more, whole or effective.
        z: quantile of the normal distribution for both sides; the usual one gives 95 %.
    """
    center = (share + z * z / (2 * pictures)) / (1 + z * z / pictures)
    half = z / (1 + z * z / pictures) * math.sqrt(share * (1 - share) / pictures + z * z / (4 * pictures**2))
    # Rounding would leave 1e-17 in place of 0, and miss 1.
    return 0.0 if share == 0 else max(center - half, 0.0), 1.0 if share == 1 else min(center + half, 1.0)
