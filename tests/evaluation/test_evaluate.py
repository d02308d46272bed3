"""All that can be said of a model without its training."""

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation.evaluate import gather_evidence, join_labels, leave_out_untested, measure_trust
from vitrine.predict.predictions import Predictions
from vitrine.records.model import Trust

TRUST = Trust(precision=0.9, confidence_threshold=0.8, similarity_threshold=0.5, neighbors=3)


def answer(answers, truth=None, classes=3, strength=5.0, similarities=None, trust=None, names="abc"):
    logits = np.zeros((len(answers), classes))
    logits[np.arange(len(answers)), answers] = strength
    ids = [f"{place}.png" for place in range(len(answers))]
    label_ids = None if truth is None else np.asarray(truth)
    return Predictions(ids, logits, tuple(names[:classes]), label_ids, similarities, trust)


def test_probabilities_of_labels_that_mean_one_class_are_added_up():
    logits = np.log([[0.2, 0.3, 0.5]])
    assert np.exp(join_labels(logits, [0, 1, 0])) == pytest.approx(np.array([[0.7, 0.3]]))


@pytest.mark.parametrize(
    ("truth", "answers"),
    [([0, 1], [0, 1]), ([0, 1, 2], [0, 1, 1]), ([0, 0, 1], [0, 0, 0]), ([0, 0, 0], [0, 0, 0]), ([2], [1])],
)
def test_few_pictures_one_class_and_equal_answers_are_measured(truth, answers):
    evidence = gather_evidence(answer(answers, truth, trust=TRUST), top_k=3)
    assert evidence.test.pictures == len(truth)
    assert evidence.test.accuracy == np.mean(np.equal(truth, answers))
    assert evidence.trust.answered == len(truth)


def test_two_classes_are_measured():
    evidence = gather_evidence(answer([0, 1, 0], [0, 1, 1], classes=2), top_k=3)
    assert evidence.test.accuracy == pytest.approx(2 / 3)
    assert evidence.trust is None


def test_equal_probabilities_are_measured():
    evidence = gather_evidence(answer([0, 1, 2], [0, 1, 2], strength=0.0), top_k=1)
    assert evidence.test.accuracy == pytest.approx(1 / 3)


def test_answers_that_are_no_numbers_are_refused_with_how_many():
    known = answer([0, 1, 2, 0], [0, 1, 2, 0])
    known.logits[1:3, 0] = np.nan
    with pytest.raises(UserError, match="to 2 of 4 pictures are not numbers"):
        gather_evidence(known, top_k=3)


def test_trust_counts_answers_doubts_and_unknown_pictures():
    known = answer([0, 1, 2, 0], [0, 2, 2, 0], similarities=np.array([0.9, 0.9, 0.1, 0.9]))
    known.logits[3] = 0.0
    unknown = answer([0, 0, 0], similarities=np.array([0.1, 0.2, 0.9]))
    found = measure_trust(TRUST, known, unknown)
    assert (found.answered, found.right, found.unsure, found.refused) == (2, 1, 1, 1)
    assert found.accuracy_answered == 0.5
    assert (found.unknown, found.unknown_answered, found.unknown_refused) == (3, 1, 2)
    assert found.is_kept is None


def test_a_promise_is_called_broken_or_kept_only_where_that_is_shown():
    right, wrong = np.zeros(200, dtype=np.int64), np.ones(200, dtype=np.int64)
    kept = measure_trust(TRUST, answer(right, right, similarities=np.ones(200)), None)
    broken = measure_trust(TRUST, answer(right, wrong, similarities=np.ones(200)), None)
    assert (kept.is_kept, broken.is_kept) == (True, False)


def test_of_a_thousand_labels_tables_list_those_that_occur():
    names = [f"label {place}" for place in range(1000)]
    evidence = gather_evidence(answer([5, 7, 7], [5, 5, 7], classes=1000, names=names), top_k=3)
    shorter = leave_out_untested(evidence)
    assert shorter.label_names == ("label 5", "label 7")
    assert shorter.test.confusion_matrix == [[1, 1], [0, 1]]
    assert shorter.test.accuracy == evidence.test.accuracy
    few = gather_evidence(answer([0, 1], [0, 1]), top_k=3)
    assert leave_out_untested(few) is few


def test_what_is_measured_in_blocks_whose_arrays_lie_in_files_is_what_is_measured_at_once(monkeypatch):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 60)
    logits = generator.normal(size=(60, 4)) + 2 * np.eye(4)[truth]

    def measure():
        known = Predictions([f"{place}.png" for place in range(60)], join_labels(logits, [0, 1, 2, 0]), "abc", truth)
        return gather_evidence(known.select(np.arange(60) > 2), top_k=2)

    at_once = measure()
    monkeypatch.setattr("vitrine.models.calibration.blocks.MOST_NUMBERS", 20)
    monkeypatch.setattr("vitrine.records.scratch.MOST_IN_MEMORY", 0)
    assert measure() == at_once
