"""What a person reads when a training ends."""

import pytest

from vitrine.commands.training_display import describe_answers
from vitrine.records.selective import DecisionShare, Rejection, RiskCoverage


def rejection(answered, right, **changes):
    rows = [("answered", answered, right), ("unsure", 20 - answered, 0), ("none", 0, 0)]
    values = {
        "precision": 0.95, "confidence_threshold": 0.9, "why_never": None, "validation_pictures": 20,
        "validation_coverage": 1.0, "validation_accuracy": 1.0, "similarity_threshold": None, "neighbors": None,
        "validation_refused": None, "pictures": 20, "coverage": answered / 20, "accuracy_answered": None,
        "accuracy_answered_interval": None, "refused": None, "curve": RiskCoverage(coverage=[1], risk=[0], area=0),
        "decisions": [
            DecisionShare(decision=name, pictures=count, right=hits, right_of_two=hits) for name, count, hits in rows
        ],
    }  # fmt: skip
    return Rejection(**values | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "answers: 19 of 20 test pictures get one, 18 of these are right (95 % asked for)"),
        (
            {"proven": False},
            "answers: 19 of 20 test pictures get one, 18 of these are right (95 % asked for; "
            "not proven with so few pictures)",
        ),
        ({"precision": 0.995}, "answers: 19 of 20 test pictures get one, 18 of these are right (99.5 % asked for)"),
    ],
)
def test_the_end_of_a_training_says_how_often_the_model_answers(changes, said):
    assert describe_answers(rejection(19, 18, **changes)) == said


def test_a_model_that_never_answers_is_announced_as_such():
    said = describe_answers(rejection(0, 0, confidence_threshold=None, why_never="too_many_mistakes"))
    assert said.startswith("answers: none; it calls every picture unsure")
