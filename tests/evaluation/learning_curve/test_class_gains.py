"""Of which class more pictures would help most."""

import numpy as np
import pytest

from vitrine.evaluation.learning_curve.class_gains import MOST_CLASSES, answer_without, choose_classes, weigh_classes
from vitrine.evaluation.learning_curve.held_out import Part, divide, draw_weights


def test_a_class_of_three_pictures_is_not_halved():
    label_ids = np.repeat([0, 1], [3, 20])
    parts = [Part(0, np.delete(np.arange(23), place), np.array([place])) for place in (0, 1, 20)]
    assert choose_classes(label_ids, np.zeros((1, 23), bool), np.ones(23, bool), parts) == [1]


def make_parts(label_ids):
    return list(divide(label_ids, np.arange(len(label_ids)), np.ones(len(label_ids), bool), repeats=1, seed=0))


def test_of_many_classes_those_with_the_lowest_recall_are_chosen_the_lowest_first():
    label_ids = np.repeat(np.arange(MOST_CLASSES + 2), 10)
    right = np.ones((1, len(label_ids)), bool)
    right[0, label_ids == 5] = False
    right[0, np.flatnonzero(label_ids == 3)[:4]] = False
    chosen = choose_classes(label_ids, right, np.ones(len(label_ids), bool), make_parts(label_ids))
    assert chosen[:3] == [5, 3, 0]
    assert len(chosen) == MOST_CLASSES


def test_classes_far_apart_are_right_without_half_of_their_pictures():
    label_ids = np.repeat([0, 1], 12)
    features = (20 * np.eye(4)[label_ids] + np.random.default_rng(0).normal(size=(24, 4))).astype(np.float32)
    answers = answer_without(features, label_ids, make_parts(label_ids), [0, 1], 1)
    assert [answers[label_id].all() for label_id in (0, 1)] == [True, True]
    assert answer_without(features, label_ids, make_parts(label_ids), [], 1) == {}


def test_a_gain_is_what_was_lost_brought_to_the_number_that_is_added():
    """Ten pictures of each class, of which heads learn eight and lose four; recall falls from 1 to a half."""
    label_ids, measured = np.repeat([0, 1], 10), np.ones(20, bool)
    right, without = np.ones((1, 20), bool), np.ones((1, 20), bool)
    without[0, :5] = False
    weights = draw_weights(np.arange(20), measured, 1, np.random.default_rng(0))
    gains = weigh_classes(
        label_ids, ["cat", "dog"], right, {0: without, 1: right}, measured, weights, make_parts(label_ids), 1.0
    )
    factor = (1 / 10 - 1 / 30) / (1 / 4 - 1 / 8)
    assert [(gain.label_name, gain.pictures, gain.removed, gain.recall) for gain in gains] == [
        ("cat", 10, 4, 1.0),
        ("dog", 10, 4, 1.0),
    ]
    assert gains[0].recall_gain == pytest.approx(0.5 * factor)
    assert gains[0].gain == pytest.approx(0.25 * factor)
    assert gains[0].gain_interval[0] < gains[0].gain < gains[0].gain_interval[1]
    assert (gains[1].gain, gains[1].shown) == (0.0, False)
