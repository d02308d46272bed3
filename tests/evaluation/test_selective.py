"""When not to answer."""

import numpy as np
import pytest
from scipy.stats import betabinom

from vitrine.evaluation.selective import (
    _assured,
    choose_confidence_threshold,
    choose_similarity_threshold,
    choose_trust,
    explain_no_threshold,
    measure_rejection,
    risk_coverage,
)
from vitrine.evaluation.temperature import fit_temperature
from vitrine.predict.predictions import Predictions
from vitrine.records.selective import Rejection

WEAK, MIDDLE, STRONG = (2.3, 1.6, 2.0), (3.8, 1.5, 0.7), (6.0, 2.2, 3.0)  # accuracy 0.74, 0.92, 0.98


def draw(pictures, generator, kind):
    """Answers of a classifier that finds some pictures harder than others, and is too sure or too modest."""
    margin, spread, scale = kind
    label_ids = generator.integers(0, 5, pictures)
    logits = generator.normal(0, 1, (pictures, 5))
    logits[np.arange(pictures), label_ids] += generator.normal(margin, spread, pictures)
    return scale * logits, label_ids


def judge(logits, label_ids, temperature=1.0, similarity=None):
    logits = np.asarray(logits) / temperature
    ids = [str(place) for place in range(len(logits))]
    return Predictions(ids, logits, "abcde"[: logits.shape[1]], np.asarray(label_ids), similarity)


@pytest.mark.parametrize(
    ("kind", "pictures"),
    [(WEAK, 100), (WEAK, 300), (MIDDLE, 166), (STRONG, 166)],
    ids=["weak, few", "weak, many", "middle", "strong"],
)
def test_answers_keep_the_precision_in_nine_of_ten_trainings(kind, pictures):
    generator = np.random.default_rng(pictures)
    kept = []
    for _ in range(300):
        validation = draw(pictures, generator, kind)
        temperature, _ = fit_temperature(*validation)
        trust = choose_trust(judge(*validation, temperature), 0.95, temperature, True, None)
        test = judge(*draw(pictures, generator, kind), temperature)
        found = measure_rejection(trust, judge(*validation, temperature), test)
        kept.append(found.accuracy_answered is None or found.accuracy_answered >= 0.95)
    assert np.mean(kept) >= 0.9


def test_a_strong_classifier_loses_little_coverage_and_a_weak_one_still_answers():
    generator = np.random.default_rng(0)
    for kind, least in ((STRONG, 0.95), (MIDDLE, 0.8), (WEAK, 0.25)):
        logits, label_ids = draw(300, generator, kind)
        temperature, _ = fit_temperature(logits, label_ids)
        trust = choose_trust(judge(logits, label_ids, temperature), 0.95, temperature, True, None)
        judged = judge(*draw(2000, generator, kind), temperature)
        assert measure_rejection(trust, judged, judged).coverage >= least


def test_the_probability_of_keeping_the_precision_is_scipys():
    answers = np.array([1, 7, 40, 100, 300])
    for mistakes in (0, 1):
        right = answers - mistakes
        needed = np.ceil(0.95 * answers - 1e-9)
        expected = betabinom.sf(needed - 1, answers, right + 0.5, mistakes + 0.5)
        np.testing.assert_allclose(_assured(right, answers, 0.95), expected, rtol=1e-9)


def test_no_threshold_where_the_surest_answers_are_wrong_too_often():
    generator = np.random.default_rng(0)
    confidence, right = generator.uniform(0.5, 1, 300), generator.random(300) < 0.8
    assert choose_confidence_threshold(confidence, right, 0.95) is None
    assert explain_no_threshold(300, 0.95) == "too_many_mistakes"


def test_no_threshold_from_too_few_pictures_even_if_all_are_right():
    assert choose_confidence_threshold(np.full(12, 0.99), np.ones(12, bool), 0.95) is None
    assert explain_no_threshold(12, 0.95) == "too_few_pictures"
    assert choose_confidence_threshold(np.full(80, 0.99), np.ones(80, bool), 0.95) == pytest.approx(0.99)


def test_calibrated_confidence_has_a_say_beside_lucky_counts():
    confidence = np.r_[np.full(100, 0.99), np.full(100, 0.6)]
    assert choose_confidence_threshold(confidence, np.ones(200, bool), 0.95) == pytest.approx(0.99)


def test_equal_confidences_are_answered_together_or_not_at_all():
    confidence, right = np.r_[np.full(60, 1.0), np.full(40, 0.98)], np.r_[np.ones(80, bool), np.zeros(20, bool)]
    assert choose_confidence_threshold(confidence, right, 0.95) == 1.0


@pytest.mark.parametrize("pictures", [1, 3, 49, 50, 166, 5000])
def test_at_least_98_in_100_known_pictures_are_within_the_threshold(pictures):
    similarity = np.random.default_rng(0).random(pictures)
    threshold = choose_similarity_threshold(similarity)
    assert (similarity >= threshold).mean() >= 0.98
    assert (similarity <= threshold).any()


def test_the_threshold_of_confidence_is_chosen_among_pictures_of_known_kinds():
    """The unfamiliar ones, all wrong, are refused already and must not cost answers."""
    probabilities = np.tile([0.97, 0.03], (200, 1))
    label_ids = np.r_[np.zeros(196, int), np.ones(4, int)]
    similarity = np.r_[np.full(196, 0.9), np.full(4, 0.1)].astype(np.float32)
    trust = choose_trust(judge(np.log(probabilities), label_ids, similarity=similarity), 0.99, 1.0, True, 3)
    assert trust.similarity_threshold == pytest.approx(0.9)
    assert trust.neighbors == 3
    assert choose_trust(judge(np.log(probabilities), label_ids), 0.99, 1.0, True, 3).neighbors is None


def test_what_test_pictures_met_is_counted_whole():
    probabilities = np.array([[0.98, 0.01, 0.01], [0.5, 0.4, 0.1], [0.5, 0.1, 0.4], [0.9, 0.09, 0.01]])
    trust = choose_trust(
        judge(np.tile(np.log([0.98, 0.01, 0.01]), (100, 1)), np.zeros(100, int), similarity=np.full(100, 0.8)),
        0.95,
        1.0,
        True,
        3,
    )
    test = judge(np.log(probabilities), np.array([0, 1, 1, 0]), similarity=np.array([0.9, 0.9, 0.9, 0.2]))
    found = measure_rejection(trust, test, test)
    shares = {row.decision: (row.pictures, row.right, row.right_of_two) for row in found.decisions}
    assert shares == {"answered": (1, 1, 1), "unsure": (2, 0, 1), "none": (1, 1, 1)}
    assert (found.coverage, found.accuracy_answered, found.refused) == (0.25, 1.0, 0.25)
    assert Rejection.model_validate_json(found.model_dump_json()) == found


def test_a_model_that_never_answers_is_measured():
    few = judge(np.eye(2)[[0, 1, 0]] * 9, np.array([0, 1, 0]))
    found = measure_rejection(choose_trust(few, 0.95, 1.0, True, None), few, few)
    assert (found.confidence_threshold, found.why_never) == (None, "too_few_pictures")
    assert (found.coverage, found.accuracy_answered, found.accuracy_answered_interval) == (0, None, None)
    assert (found.refused, found.similarity_threshold) == (None, None)


def test_the_curve_is_the_error_among_the_surest():
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert curve.coverage == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 0.5, 1 / 3, 0.5])
    assert curve.area == pytest.approx(np.mean([0, 0.5, 1 / 3, 0.5]))


def test_the_curve_knows_no_order_among_equal_confidences():
    assert risk_coverage([0.5] * 4, [True, True, False, False]).risk == pytest.approx([0.5] * 4)
    assert len(risk_coverage(np.random.default_rng(0).random(5000), np.ones(5000)).risk) == 100
