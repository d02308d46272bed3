"""What may follow a model in use: nothing that is shown to be worse, nothing of which too little is known."""

import numpy as np
import pytest

from vitrine.evaluation.gate import GateAnswers, ask_both, check_limit, decide
from vitrine.records.difference import Verdict
from vitrine.records.gate import GateMargins

NAMES = ("a", "b", "c")


def answers(label_ids, right=0.9, seed=0, confidence=0.9, answered=1.0):
    """Of a model that names so many rightly."""
    generator = np.random.default_rng(seed)
    wrong = generator.random(len(label_ids)) >= right
    named = np.where(wrong, (label_ids + 1) % len(NAMES), label_ids)
    probabilities = np.full((len(label_ids), len(NAMES)), (1 - confidence) / (len(NAMES) - 1))
    probabilities[np.arange(len(label_ids)), named] = confidence
    return GateAnswers(probabilities, generator.random(len(label_ids)) < answered)


def ask(current, candidate, label_ids, known=(True, True, True)):
    return ask_both(current, candidate, label_ids, NAMES, np.array(known), GateMargins())


def outcomes(findings):
    return {(check.figure, check.label_name): check.outcome for check in findings.checks}


LABELS = np.repeat([0, 1, 2], 200)


def test_a_copy_passes_and_is_never_better():
    model = answers(LABELS)
    findings = ask(model, model, LABELS)
    assert findings.verdict == "accepted"
    assert findings.unchanged
    assert findings.difference.verdict == Verdict.NOT_SHOWN


def test_a_better_model_is_accepted_and_called_better():
    findings = ask(answers(LABELS, 0.8), answers(LABELS, 0.97), LABELS)
    assert findings.verdict == "accepted"
    assert findings.difference.verdict == Verdict.BETTER
    assert not findings.unchanged


def test_a_forgotten_class_refuses_a_model_that_gains_elsewhere():
    before, after = answers(LABELS, 0.8), answers(LABELS, 1.0)
    after.probabilities[LABELS == 2] = np.roll(after.probabilities[LABELS == 2], 1, axis=1)
    findings = ask(before, after, LABELS)
    assert findings.verdict == "refused"
    assert outcomes(findings)["class", "c"] == "broken"
    assert outcomes(findings)["class", "a"] == "holds"


@pytest.mark.parametrize(
    ("change", "figure"),
    [({"confidence": 0.5}, "calibration"), ({"confidence": 0.5}, "probabilities"), ({"answered": 0.6}, "answered")],
)
def test_what_accuracy_does_not_show_refuses_too(change, figure):
    findings = ask(answers(LABELS), answers(LABELS, **change), LABELS)
    assert findings.verdict == "refused"
    assert outcomes(findings)["accuracy", ""] == "holds"
    assert outcomes(findings)[figure, ""] == "broken"


def test_few_pictures_decide_nothing_and_say_how_many_would():
    label_ids = np.repeat([0, 1, 2], 8)
    model = answers(label_ids, 1.0)
    findings = ask(model, model, label_ids)
    assert findings.verdict == "undecided"
    assert {check.enough for check in findings.checks if check.figure == "class"} == {25}


def test_a_class_without_a_picture_leaves_it_undecided():
    label_ids = np.repeat([0, 1], 200)
    model = answers(label_ids)
    findings = ask(model, model, label_ids)
    assert findings.verdict == "undecided"
    assert outcomes(findings)["class", "c"] == "open"


def test_a_new_class_is_told_beside_and_not_held_against_the_old_model():
    before, after = answers(LABELS, 0.9), answers(LABELS, 0.9)
    for one in (before, after):  # nobody takes the old classes for the new one
        mistaken = (LABELS == 1) & (one.probabilities.argmax(axis=1) == 2)
        one.probabilities[mistaken] = one.probabilities[mistaken][:, [2, 1, 0]]
    before.probabilities[:, 2] = 0
    before.probabilities[:] /= before.probabilities.sum(axis=1, keepdims=True)
    findings = ask(before, after, LABELS, known=(True, True, False))
    assert findings.verdict == "accepted"
    (new,) = findings.new_classes
    assert (new.label_name, new.pictures) == ("c", 200)
    assert new.right == int((after.probabilities[LABELS == 2].argmax(axis=1) == 2).sum())


def test_costs_beyond_their_factor_refuse():
    assert check_limit("latency", 40, 10.0, 14.0, 1.5).outcome == "holds"
    slow = check_limit("latency", 40, 10.0, 16.0, 1.5)
    assert (slow.outcome, slow.worse_by) == ("broken", 1.6)
    assert decide([slow]) == "refused"
