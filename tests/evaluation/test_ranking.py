"""How well one class is ranked before all others."""

import numpy as np
import pytest
from sklearn import metrics as sk

from vitrine.evaluation.ranking import Ranking

ONES = np.ones((4, 1))


def score(scores, positive, weights):
    return Ranking.of(np.asarray(scores), positive, np.empty(len(scores), np.int32)).score(weights)


def test_pictures_of_equal_score_count_half_for_the_area_and_as_one_step_of_the_curve():
    area, precision = score([0.9, 0.5, 0.5, 0.1], np.array([True, False, True, False]), ONES)
    assert area[0] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert precision[0] == pytest.approx((1 + 2 / 3) / 2)


def test_a_class_that_stands_above_all_others_has_full_scores_and_the_reverse_none():
    positive = np.array([True, True, False, False])
    assert score([4.0, 3, 2, 1], positive, ONES)[:, 0].tolist() == [1, 1]
    area, precision = score([1.0, 2, 3, 4], positive, ONES)
    assert area[0] == 0
    assert precision[0] == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_weights_are_pictures_that_count_several_times():
    generator = np.random.default_rng(0)
    scores, positive = generator.random(40).round(1), np.arange(40) < 15
    counts = generator.integers(0, 4, (40, 3))
    area, precision = score(scores, positive, counts.astype(float))
    for column in range(3):
        seen = np.repeat(np.arange(40), counts[:, column])
        assert area[column] == pytest.approx(sk.roc_auc_score(positive[seen], scores[seen]))
        assert precision[column] == pytest.approx(sk.average_precision_score(positive[seen], scores[seen]))


def test_some_resamples_at_a_time_give_the_figures_of_all_to_the_last_bit():
    generator = np.random.default_rng(0)
    scores, positive = generator.random(3000).round(3), generator.random(3000) < 0.3
    weights = (generator.poisson(1, (3000, 50)) * 1.001).astype(np.float32)
    parts = [score(scores, positive, part) for part in np.array_split(weights, 7, axis=1)]
    assert np.array_equal(np.concatenate(parts, axis=1), score(scores, positive, weights))
