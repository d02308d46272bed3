"""The rule that makes a decision of numbers."""

import numpy as np
import pytest

from vitrine.models.calibration.selective import (
    Answer,
    NoneOfThese,
    Unsure,
    decide,
    decision_kinds,
    describe,
)
from vitrine.records.model import Trust

NAMES = ("pug", "corgi", "poodle")
TRUST = Trust(precision=0.95, confidence_threshold=0.7, similarity_threshold=0.5, neighbors=3)
SURE, TORN = np.array([0.1, 0.7, 0.2]), np.array([0.2, 0.31, 0.49])


@pytest.mark.parametrize(
    ("probabilities", "trust", "similarity", "decision", "words"),
    [
        (SURE, TRUST, 0.5, Answer("corgi"), "corgi"),
        (TORN, TRUST, 0.9, Unsure("poodle", "corgi"), "unsure: poodle or corgi"),
        (SURE, TRUST, 0.499, NoneOfThese(), "none of my classes"),
        (TORN, TRUST, 0.1, NoneOfThese(), "none of my classes"),
        (SURE, TRUST, None, Answer("corgi"), "corgi"),
        (TORN, None, None, Answer("poodle"), "poodle"),
        (SURE, TRUST.model_copy(update={"confidence_threshold": None}), 0.9, Unsure("corgi", "poodle"), None),
        (np.array([1.0]), TRUST, 0.9, Answer("pug"), "pug"),
    ],
)
def test_a_decision_follows_from_the_out_of_distribution_score_first_and_confidence_then(
    probabilities, trust, similarity, decision, words
):
    similarities = None if similarity is None else np.array([similarity])
    (found,) = decide(probabilities[np.newaxis], NAMES, trust, similarities)
    assert found == decision
    assert words is None or describe(found) == words


def test_the_threshold_itself_is_an_answer_and_kinds_are_told_picture_by_picture():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.69, 0.3, 0.01], [0.9, 0.05, 0.05]])
    assert decision_kinds(probabilities, TRUST, np.array([0.5, 0.6, 0.4])).tolist() == ["answered", "unsure", "none"]
    assert decision_kinds(probabilities, None, None).tolist() == ["answered"] * 3


@pytest.mark.parametrize(
    ("shares", "decision", "words"),
    [
        ([0.96, 0.0, 0.04], Unsure("pug"), "unsure: perhaps pug"),
        ([0.93, 0.06, 0.01], Unsure("pug", "poodle"), "unsure: pug or poodle"),
    ],
)
def test_a_second_class_below_five_in_a_hundred_is_never_named(shares, decision, words):
    never = TRUST.model_copy(update={"confidence_threshold": None})
    assert decide(np.array([shares]), ("pug", "poodle", "corgi"), never, np.array([0.9])) == [decision]
    assert describe(decision) == words
