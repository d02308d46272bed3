"""Scores of the probabilities themselves."""

import math

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation.probability_scores import brier_losses, check_probabilities, log_losses


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
