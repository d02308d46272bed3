"""What a person reads while a model trains, and when that ends."""

from pathlib import Path

import pytest

from tests.records.examples import make_metrics
from vitrine.commands.training_display import TrainingDisplay, describe_answers
from vitrine.records.selective import DecisionShare, Rejection, RiskCoverage
from vitrine.training.loop.progress import EpochRecord

FACTS = {
    "backbone": "resnet18", "parameters": 11_689_512, "trainable_part": "head", "pictures": 1200, "device": "CPU",
    "precision": "fp32", "seed": 3, "feature_views": 0, "augmentation": True,
    "learning_rate": 1e-4,
}  # fmt: skip


def record(epoch):
    return EpochRecord(epoch, 0.5, 0.75, 0.625, 0.5, 0.6, 1e-3, 1234.0, 2.0)


def test_a_log_says_what_is_trained_and_has_a_line_for_each_epoch(capsys):
    with TrainingDisplay(2) as display:
        display.start(FACTS)
        for epoch in (1, 2):
            display.epoch(record(epoch))
    lines = capsys.readouterr().out.splitlines()
    assert "resnet18: 11,689,512 parameters, its head trained, 1,200 pictures" in lines
    assert "at most 2 epochs, learning rate 0.0001" in lines
    assert "CPU, fp32, seed 3" in lines
    assert "" not in lines
    line = "epoch   {}  loss 0.500  accuracy 0.750  | validation 0.625  0.500  | 1,234 pictures/s"
    assert [one for one in lines if one.startswith("epoch")] == [line.format(1), line.format(2)]


@pytest.mark.parametrize(
    ("part", "words"),
    [("head", "its head trained"), ("last", "its last stages trained"), ("all", "all of them trained")],
)
def test_how_much_of_the_network_is_trained_is_said(capsys, part, words):
    TrainingDisplay(2).start(FACTS | {"trainable_part": part})
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("views", "augmentation", "told", "unused"),
    [
        (1, True, "the plain pictures", True),
        (1, False, "the plain pictures", False),
        (10, True, "10 augmented views", False),
    ],
)
def test_features_are_announced_and_epochs_of_milliseconds_told_ten_times(capsys, views, augmentation, told, unused):
    with TrainingDisplay(100) as display:
        display.start(FACTS | {"feature_views": views, "augmentation": augmentation})
        display.features(5, 1200)
        for epoch in range(1, 101):
            display.epoch(record(epoch))
    printed = capsys.readouterr().out
    assert told in printed
    assert ("the recipe's augmentation is not used" in printed) is unused
    assert printed.count("| validation") == 11  # the first, and each tenth
    assert "pictures/s" not in printed
    assert "" not in printed.splitlines()


def test_the_result_comes_with_its_interval_and_where_everything_lies(capsys):
    TrainingDisplay(1).finish(make_metrics(accuracy=0.9), Path("runs/x/1"))
    printed = capsys.readouterr().out
    assert "test accuracy 0.900 on 100 pictures (95 % interval 0.850 to 0.900)" in printed
    assert f"report:  {Path('runs/x/1/report.html')}" in printed
    assert f"try it:  python -m vitrine app --model {Path('runs/x/1/model')}" in printed


def test_the_processes_that_help_say_nothing(capsys):
    with TrainingDisplay(1, quiet=True) as display:
        display.start(FACTS)
        display.epoch(record(1))
        display.say("a note")
    assert capsys.readouterr().out == ""


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
