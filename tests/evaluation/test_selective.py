"""When not to answer."""

import numpy as np
import pytest
from scipy.stats import betabinom, norm

from vitrine.evaluation.selective import (
    ConfidenceThreshold,
    _assured,
    choose_confidence_threshold,
    choose_similarity_threshold,
    choose_trust,
    least_pictures_to_prove,
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
    assert choose_confidence_threshold(confidence, right, 0.95) == ConfidenceThreshold(None, False)


def test_too_few_pictures_prove_nothing_and_are_answered_all_the_same():
    assert choose_confidence_threshold(np.full(12, 0.99), np.ones(12, bool), 0.95) == ConfidenceThreshold(0.95, False)
    assert choose_confidence_threshold(np.full(80, 0.99), np.ones(80, bool), 0.95) == ConfidenceThreshold(0.95, True)


@pytest.mark.parametrize("pictures", [1, 3, 20, 30, 39])
def test_a_sure_answer_is_given_however_few_the_pictures(pictures):
    found = choose_confidence_threshold(np.full(pictures, 0.999999), np.ones(pictures, bool), 0.95)
    assert found.value <= 0.999999
    assert not found.proven


def test_where_few_pictures_are_wrong_the_confidence_itself_must_be_the_precision():
    found = choose_confidence_threshold(np.linspace(0.6, 0.99, 10), np.zeros(10, bool), 0.95)
    assert found == ConfidenceThreshold(0.95, False)


def test_mistakes_that_more_pictures_might_excuse_leave_answers_unproven():
    for times, proven in ((1, False), (20, True)):
        right = np.tile(np.r_[np.zeros(2, bool), np.ones(58, bool)], times)
        found = choose_confidence_threshold(np.full(60 * times, 0.98), right, 0.95)
        assert found == ConfidenceThreshold(0.95, proven)


def test_a_picture_that_is_surer_than_the_precision_is_answered_unless_a_mistake_speaks_against_it():
    one_below = np.r_[np.full(80, 0.99), 0.5]
    assert choose_confidence_threshold(one_below, np.ones(81, bool), 0.95).value == 0.5
    some_wrong = np.r_[np.full(80, 0.99), np.full(20, 0.97)], np.r_[np.ones(80, bool), np.zeros(20, bool)]
    assert choose_confidence_threshold(*some_wrong, 0.95).value == 0.99


@pytest.mark.parametrize(("precision", "least"), [(0.5, 4), (0.9, 20), (0.95, 40), (0.99, 200), (0.999, 2000)])
def test_the_least_number_of_pictures_that_proves_a_precision_is_the_first_that_scipy_finds(precision, least):
    assert least_pictures_to_prove(precision, 5000) == least
    assert least_pictures_to_prove(precision, least - 1) is None
    numbers = np.arange(1, least + 1)
    probabilities = betabinom.cdf(np.floor((1 - precision) * numbers + 1e-9), numbers, 0.5, numbers + 0.5)
    assert np.flatnonzero(probabilities >= 0.95).tolist() == [least - 1]


def test_calibrated_confidence_has_a_say_beside_lucky_counts():
    confidence = np.r_[np.full(100, 0.99), np.full(100, 0.6)]
    assert choose_confidence_threshold(confidence, np.ones(200, bool), 0.95) == ConfidenceThreshold(0.95, True)


def test_equal_confidences_are_answered_together_or_not_at_all():
    confidence, right = np.r_[np.full(60, 1.0), np.full(40, 0.98)], np.r_[np.ones(80, bool), np.zeros(20, bool)]
    assert choose_confidence_threshold(confidence, right, 0.95) == ConfidenceThreshold(1.0, True)


@pytest.mark.parametrize("pictures", [1, 3, 49, 50, 166, 5000])
def test_at_least_98_in_100_known_pictures_are_within_the_threshold(pictures):
    similarity = np.random.default_rng(0).random(pictures)
    threshold = choose_similarity_threshold(similarity)
    assert (similarity >= threshold).mean() >= 0.98
    assert (similarity <= threshold).any() == (pictures == 1 or pictures >= 50)


def test_few_pictures_refuse_no_more_new_ones_than_many_would():
    """The lowest of 40 alone would refuse more than 5 in 100 new pictures in every sixth training."""
    generator = np.random.default_rng(0)
    thresholds = [choose_similarity_threshold(generator.normal(0.8, 0.05, 40)) for _ in range(200)]
    assert np.mean([norm.cdf(threshold, 0.8, 0.05) <= 0.02 for threshold in thresholds]) >= 0.93
    assert choose_similarity_threshold([0.1, 0.9]) == -1.0


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
    assert (found.proven, found.basis) == (True, "validation")
    assert (found.coverage, found.accuracy_answered, found.refused) == (0.25, 1.0, 0.25)
    assert Rejection.model_validate_json(found.model_dump_json()) == found


def test_a_model_that_never_answers_is_measured():
    weak = judge(np.eye(2)[[0] * 60] * 9, np.tile([0, 1], 30))
    found = measure_rejection(choose_trust(weak, 0.95, 1.0, True, None), weak, weak)
    assert (found.confidence_threshold, found.why_never, found.proven) == (None, "too_many_mistakes", False)
    assert (found.coverage, found.accuracy_answered, found.accuracy_answered_interval) == (0, None, None)
    assert (found.refused, found.similarity_threshold) == (None, None)


def test_a_name_next_to_nothing_does_not_count_as_one_of_two():
    probabilities = np.array([[0.9, 0.06, 0.04], [0.9, 0.04, 0.06], [0.96, 0.03, 0.01]])
    never = choose_trust(judge(np.eye(2)[[0] * 60] * 9, np.tile([0, 1], 30)), 0.95, 1.0, True, None)
    test = judge(np.log(probabilities), np.array([1, 1, 1]))
    unsure = measure_rejection(never, test, test).decisions[1]
    assert (unsure.decision, unsure.pictures, unsure.right_of_two) == ("unsure", 3, 1)


def test_the_curve_is_the_error_among_the_surest():
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert curve.coverage == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 0.5, 1 / 3, 0.5])
    assert curve.area == pytest.approx(np.mean([0, 0.5, 1 / 3, 0.5]))


def test_the_curve_knows_no_order_among_equal_confidences():
    assert risk_coverage([0.5] * 4, [True, True, False, False]).risk == pytest.approx([0.5] * 4)
    assert len(risk_coverage(np.random.default_rng(0).random(5000), np.ones(5000)).risk) == 100
