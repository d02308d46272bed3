import numpy as np
import pytest

from vitrine.evaluation.bootstrap import resample_matrix
from vitrine.evaluation.confusion_scores import ClassCounts, score_together
from vitrine.evaluation.intervals import effective_images, mean_interval, score_interval, wilson_interval


def test_wilson_interval_equals_the_formula():
    right, total, z = 81, 90, 1.959963984540054
    share = right / total
    center = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * (share * (1 - share) / total + z**2 / (4 * total**2)) ** 0.5
    assert wilson_interval(right, total) == pytest.approx((center - half, center + half))


def test_no_mistake_in_few_pictures_is_not_certainty():
    low, high = wilson_interval(10, 10)
    assert low == pytest.approx(0.722, abs=1e-3)
    assert high == 1.0


def test_95_of_100_intervals_hold_the_truth():
    right = np.random.default_rng(0).binomial(500, 0.9, 2000)
    intervals = {count: wilson_interval(int(count), 500) for count in np.unique(right)}
    covered = np.mean([intervals[count][0] <= 0.9 <= intervals[count][1] for count in right])
    assert 0.93 <= covered <= 0.97


def test_a_plain_share_has_the_same_interval_by_its_variance():
    share, total = 0.9, 90
    assert score_interval(share, share * (1 - share) / total, total) == pytest.approx(wilson_interval(81, 90))
    assert score_interval(1.0, 0.0, 90) == pytest.approx(wilson_interval(90, 90))
    assert score_interval(0.0, 0.0, 90) == pytest.approx(wilson_interval(0, 90))


def test_a_score_between_other_ends_is_scaled():
    low, high = score_interval(0.8, 4 * 0.09 / 90, 90, lowest=-1, highest=1)
    assert ((low + 1) / 2, (high + 1) / 2) == pytest.approx(wilson_interval(81, 90))


def test_a_mean_loss_has_an_interval_above_zero():
    low, high = mean_interval(0.5, 0.01)
    assert 0 < low < 0.5 < high
    assert low * high == pytest.approx(0.25)
    assert mean_interval(0.0, 0.0) is None
    assert mean_interval(0.5, 0.0) is None


def test_small_classes_decide_how_many_pictures_a_mean_over_classes_has():
    assert effective_images([10, 10, 10]) == pytest.approx(30)
    assert effective_images([1000, 1]) == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("accuracy", [0.8, 0.95])
def test_95_of_100_intervals_of_the_macro_f1_hold_the_truth(accuracy):
    generator = np.random.default_rng(0)
    rates = np.full((5, 5), (1 - accuracy) / 4) + np.eye(5) * (accuracy - (1 - accuracy) / 4)
    covered = []
    for _ in range(400):
        matrix = np.stack([generator.multinomial(10, row) for row in rates])
        value = float(score_together(ClassCounts.of_matrix(matrix))["macro_f1"])
        variance = score_together(resample_matrix(matrix, 200, generator))["macro_f1"].var()
        low, high = score_interval(value, variance, 50)
        covered.append(low <= accuracy <= high)
    assert 0.92 <= np.mean(covered) <= 0.985
