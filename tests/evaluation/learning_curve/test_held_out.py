"""Pictures that are answered by heads fitted without them."""

import numpy as np
import pytest

from vitrine.evaluation.learning_curve.held_out import RESAMPLES, count_before, divide, draw_weights, spread


def test_each_picture_is_asked_once_in_each_repeat():
    label_ids = np.repeat([0, 1], [12, 9])
    parts = list(divide(label_ids, np.arange(21), np.ones(21, bool), repeats=3, seed=0))
    for repeat in range(3):
        asked = np.concatenate([part.asked for part in parts if part.repeat == repeat])
        assert sorted(asked.tolist()) == list(range(21))


def test_smaller_parts_lie_within_larger_ones():
    turns = count_before(np.array([1, 0, 1, 1, 0]))
    assert turns.tolist() == [0, 0, 1, 2, 1]


def test_pictures_of_a_group_are_never_on_both_sides():
    label_ids, groups = np.repeat([0, 1], 20), np.repeat(np.arange(20), 2)
    for part in divide(label_ids, groups, np.ones(40, bool), repeats=2, seed=0):
        assert not set(groups[part.learned]) & set(groups[part.asked])


def test_pictures_that_are_not_measured_are_learned_from_in_every_part():
    measured = np.arange(21) != 20
    for part in divide(np.r_[np.repeat([0, 1], 10), 2], np.arange(21), measured, repeats=1, seed=0):
        assert 20 in part.learned
        assert 20 not in part.asked


def test_the_first_weights_count_everything_once_and_the_others_as_often_in_all():
    groups = np.array([7, 7, 3, 5, 9])
    of_pictures, of_repeats = draw_weights(groups, np.array([1, 1, 1, 1, 0], bool), 3, np.random.default_rng(0))
    assert of_pictures.shape == (1 + RESAMPLES, 4)
    assert of_pictures[0].tolist() == [1, 1, 1, 1]
    assert of_repeats[0].tolist() == [1, 1, 1]
    assert (of_repeats.sum(axis=1) == 3).all()
    assert (of_pictures[:, 0] == of_pictures[:, 1]).all()  # of one group
    assert (of_pictures[:, 1:].sum(axis=1) == 3).all()


def test_an_interval_is_as_wide_as_the_resamples_deviate_and_stays_within_what_is_possible():
    values = np.array([0.5, 0.4, 0.6])  # the value, then two resamples of deviation 0.1
    assert spread(values, 0.0) == pytest.approx((0.5 - 0.196, 0.5 + 0.196), abs=1e-4)
    assert spread(values, 0.03) == pytest.approx((0.5 - 0.392, 0.5 + 0.392), abs=1e-4)
    assert spread(np.array([0.95, 0.75, 1.0]), 1.0) == (-1.0, 1.0)
