"""A linear head that answers every picture without having learned from it."""

import numpy as np
import pytest
from sklearn.preprocessing import normalize

from vitrine.evaluation.probe import cross_validation
from vitrine.evaluation.probe.cross_validation import (
    agree_with_neighbors,
    answer_by_head,
    find_nearest_others,
    fit_linear_head,
    is_measurable,
    predict_out_of_fold,
)


def make_classes(counts, distance=10.0, seed=0):
    label_ids = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(seed).normal(size=(len(label_ids), 6))
    return (distance * np.eye(6)[label_ids] + noise).astype(np.float32), label_ids


def test_a_class_is_measurable_where_two_groups_show_it():
    label_ids, groups = np.array([0, 0, 1, 1, 2]), np.array([10, 11, 20, 20, 30])
    assert is_measurable(label_ids, groups).tolist() == [True, True, False, False, False]


def test_every_measurable_picture_is_answered_with_probabilities_and_the_others_with_zeros():
    features, label_ids = make_classes([10, 1, 10])
    found = predict_out_of_fold(features, label_ids, 4, np.arange(21), seed=0, inverse_penalty=1.0)
    assert found.folds == 5
    assert found.is_measured.tolist() == (label_ids != 1).tolist()
    assert found.probabilities[found.is_measured].sum(axis=1) == pytest.approx(np.ones(20))
    assert (found.probabilities[~found.is_measured] == 0).all()
    assert (found.probabilities[:, 3] == 0).all()  # a class without a picture is never answered
    assert (found.probabilities.argmax(axis=1) == label_ids)[found.is_measured].all()


def test_a_picture_is_not_answered_by_a_head_that_learned_its_copy():
    noise = np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32)  # wide enough to be learned by heart
    features, label_ids, groups = np.repeat(noise, 2, axis=0), np.repeat([0, 1], 40), np.repeat(np.arange(40), 2)
    alone, together = (
        predict_out_of_fold(features, label_ids, 2, chosen, 0, inverse_penalty=1000.0).probabilities
        for chosen in (np.arange(80), groups)
    )
    assert (alone.argmax(axis=1) == label_ids).mean() > (together.argmax(axis=1) == label_ids).mean() + 0.1
    np.testing.assert_array_equal(together.argmax(axis=1)[::2], together.argmax(axis=1)[1::2])


def test_where_large_groups_leave_one_class_it_is_the_only_answer():
    labels, found = answer_by_head(np.ones((3, 2), np.float32), np.array([4, 4, 4]), np.ones((2, 2), np.float32), 1.0)
    assert (labels.tolist(), found.tolist()) == ([4], [[1.0], [1.0]])


def test_wide_features_are_held_back_as_much_as_narrow_ones():
    features, label_ids = make_classes([10, 10])
    narrow = fit_linear_head(features, label_ids, 1.0).predict_proba(features)
    wide = fit_linear_head(np.tile(features, 4), label_ids, 1.0).predict_proba(np.tile(features, 4))
    np.testing.assert_allclose(wide, narrow, atol=1e-3)


def test_neighbors_agree_by_angle_and_those_of_the_own_group_are_not_asked():
    features = np.array([[1, 0], [5, 0.1], [0, 1], [0.1, 3]], np.float32)
    label_ids = np.array([0, 0, 1, 0])
    # The nearest of each: 1, 0, 3, 2.
    assert agree_with_neighbors(features, label_ids, np.arange(4), 1).tolist() == [1, 1, 0, 0]
    # In one group, 0 and 1 have 3 as the nearest of the others.
    assert agree_with_neighbors(features, label_ids, np.array([7, 7, 8, 9]), 1).tolist() == [1, 1, 0, 0]
    # Three neighbours: two of 0, 1 and 3 have their class among them, 2 has nobody.
    assert agree_with_neighbors(features, label_ids, np.arange(4), 3) == pytest.approx([2 / 3, 2 / 3, 0, 2 / 3])


def test_a_picture_whose_group_is_all_there_is_agrees_with_nobody():
    features = np.array([[1, 0], [0, 1]], np.float32)
    assert agree_with_neighbors(features, np.array([0, 0]), np.array([1, 1]), 3).tolist() == [0, 0]


def test_of_many_classes_a_head_is_fitted_on_fewer_numbers(monkeypatch):
    monkeypatch.setattr(cross_validation, "MANY_CLASSES", 3)
    monkeypatch.setattr(cross_validation, "NUMBERS_OF_MANY", 4)
    features, label_ids = make_classes([10] * 5)
    assert fit_linear_head(features, label_ids, 1.0)[-1].coef_.shape == (5, 4)
    assert fit_linear_head(features[:30], label_ids[:30], 1.0)[-1].coef_.shape == (3, 6)
    found = predict_out_of_fold(features, label_ids, 5, np.arange(50), seed=0, inverse_penalty=1.0)
    assert (found.probabilities.argmax(axis=1) == label_ids).all()


def test_the_nearest_others_are_the_same_however_many_are_asked_at_once(monkeypatch):
    features, _ = make_classes([4, 4, 4])
    directions, asking = normalize(features), np.array([0, 5, 11])
    groups = np.repeat(np.arange(6), 2)
    together = find_nearest_others(directions, asking, groups, 5)
    monkeypatch.setattr(cross_validation, "ROWS_AT_ONCE", 1)
    places, similarities = find_nearest_others(directions, asking, groups, 5)
    assert places.tolist() == together[0].tolist()
    assert similarities == pytest.approx(together[1], abs=1e-6)
    assert (groups[places] != groups[asking][:, np.newaxis]).all()
