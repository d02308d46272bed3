"""The score of a map: against the truth, against its opposite, and against maps that know nothing."""

import numpy as np
import pytest

from tests.explain.networks import SIDE, SPOT, ask, red_spot
from vitrine.explain.faithfulness import CELLS, STEPS, center_blob, compare_maps, judge, measure, random_map


def truth():
    importance = np.zeros((SIDE, SIDE), np.float32)
    importance[SPOT] = 1
    return importance


def test_a_true_map_deletes_low_and_inserts_high():
    right, wrong = measure(ask, red_spot(), truth()), measure(ask, red_spot(), 1 - truth())
    assert right.deletion < wrong.deletion
    assert right.insertion > wrong.insertion
    assert right.score == pytest.approx(right.insertion - right.deletion)
    assert right.score > 0.15 > 0 > wrong.score


def test_a_true_map_is_trusted_and_its_opposite_is_not():
    assert judge(ask, red_spot(), truth()).is_trusted
    assert not judge(ask, red_spot(), 1 - truth()).is_trusted
    assert not judge(ask, red_spot(), center_blob(SIDE)).is_trusted, "no better than the control that it equals"


def test_an_answer_that_rests_on_nothing_gives_no_map_a_score():
    flat = measure(lambda pixels: np.full(len(pixels), 0.7, np.float32), red_spot(), truth())
    assert (flat.deletion, flat.insertion, flat.score) == (pytest.approx(0.7), pytest.approx(0.7), pytest.approx(0))


def test_curves_go_from_the_whole_picture_to_none_of_it_in_equal_steps():
    shares = []

    def red_left(pixels):
        shares.append(pixels[:, 0].mean(axis=(1, 2)))
        return np.zeros(len(pixels), np.float32)

    measure(red_left, np.stack([truth()] * 3), truth())
    assert all(len(one) == STEPS + 1 for one in shares)
    deletion = shares[2]  # with the mean colour
    assert deletion[0] == pytest.approx(truth().mean())
    assert deletion[-1] == pytest.approx(truth().mean(), abs=1e-6), "the mean colour has as much red as the picture"
    assert deletion.min() < deletion[0] / 2


def test_controls_hold_no_details():
    assert np.array_equal(random_map(56, 3), random_map(56, 3))
    assert len(np.unique(random_map(56, 3))) == CELLS**2
    assert np.unravel_index(center_blob(57).argmax(), (57, 57)) == (28, 28)


def test_a_map_is_like_itself_and_unlike_its_opposite():
    one = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    assert compare_maps(one, one) == pytest.approx(1)
    assert compare_maps(one, 1 - one) == pytest.approx(-1)
    assert compare_maps(one, np.ones_like(one)) == 0
