"""Scores of the probabilities themselves."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from vitrine.errors import UserError
from vitrine.evaluation.probability_scores import (
    brier_losses,
    check_probabilities,
    log_losses,
    score_one_against_rest,
)

ONES = np.ones((4, 1))


def test_pictures_of_equal_score_count_half_for_the_area_and_as_one_step_of_the_curve():
    positive = np.array([True, False, True, False])
    area, precision = score_one_against_rest(np.array([0.9, 0.5, 0.5, 0.1]), positive, ONES)
    assert area[0] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert precision[0] == pytest.approx((1 + 2 / 3) / 2)


def test_a_class_that_stands_above_all_others_has_full_scores_and_the_reverse_none():
    positive = np.array([True, True, False, False])
    assert [values[0] for values in score_one_against_rest(np.array([4.0, 3, 2, 1]), positive, ONES)] == [1, 1]
    area, precision = score_one_against_rest(np.array([1.0, 2, 3, 4]), positive, ONES)
    assert area[0] == 0
    assert precision[0] == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_weights_are_pictures_that_count_several_times():
    generator = np.random.default_rng(0)
    scores, positive = generator.random(40).round(1), np.arange(40) < 15
    counts = generator.integers(0, 4, (40, 3))
    area, precision = score_one_against_rest(scores, positive, counts.astype(float))
    for column in range(3):
        seen = np.repeat(np.arange(40), counts[:, column])
        assert area[column] == pytest.approx(sk.roc_auc_score(positive[seen], scores[seen]))
        assert precision[column] == pytest.approx(sk.average_precision_score(positive[seen], scores[seen]))


def test_losses_are_those_of_the_true_class():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    assert log_losses(probabilities, np.array([0, 1])) == pytest.approx([-math.log(0.7), 0])
    assert log_losses(probabilities, np.array([0, 2]))[1] == pytest.approx(-math.log(np.finfo(float).eps))
    assert brier_losses(probabilities, np.array([0, 2])) == pytest.approx([0.09 + 0.04 + 0.01, 2])


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1])
def test_what_is_no_probability_is_counted_and_refused(value):
    probabilities = np.full((5, 2), 0.5)
    check_probabilities(probabilities)
    probabilities[[1, 3], 0] = value
    with pytest.raises(UserError, match=r"2 of 5 pictures got probabilities that are not numbers .*first: row 1"):
        check_probabilities(probabilities)
