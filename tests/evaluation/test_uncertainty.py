import numpy as np
import pytest

from vitrine.evaluation.uncertainty import wilson_interval


def test_wilson_interval_equals_the_formula():
    right, total, z = 81, 90, 1.959963984540054
    share = right / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * (share * (1 - share) / total + z**2 / (4 * total**2)) ** 0.5
    assert wilson_interval(right, total) == pytest.approx((centre - half, centre + half))


def test_no_mistake_in_few_pictures_is_not_certainty():
    low, high = wilson_interval(10, 10)
    assert low == pytest.approx(0.722, abs=1e-3)
    assert high == 1.0


def test_95_of_100_intervals_hold_the_truth():
    right = np.random.default_rng(0).binomial(500, 0.9, 2000)
    intervals = {count: wilson_interval(int(count), 500) for count in np.unique(right)}
    covered = np.mean([intervals[count][0] <= 0.9 <= intervals[count][1] for count in right])
    assert 0.93 <= covered <= 0.97
