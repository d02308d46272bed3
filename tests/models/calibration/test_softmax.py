"""The one softmax: by hand, with large scores, at another temperature."""

import numpy as np

from vitrine.models.calibration.softmax import softmax


def test_probabilities_are_those_worked_out_by_hand():
    scores = [[0.0, np.log(3.0)], [np.log(2.0), np.log(8.0)]]
    np.testing.assert_allclose(softmax(scores), [[0.25, 0.75], [0.2, 0.8]], rtol=1e-14)


def test_a_scale_of_two_multiplies_the_odds_with_themselves():
    np.testing.assert_allclose(softmax([[0.0, np.log(3.0)]], scale=2.0), [[0.1, 0.9]], rtol=1e-14)


def test_large_scores_neither_overflow_nor_lose_their_sum():
    with np.errstate(over="raise", invalid="raise"):
        probabilities = softmax(np.array([[1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]], np.float32))
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, [[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-14)
