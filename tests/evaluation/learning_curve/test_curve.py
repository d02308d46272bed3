import time

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.evaluation.learning_curve.curve import LearningCurve, measure_learning_curve
from vitrine.evaluation.learning_curve.held_out import divide

WIDTH = 24


def make_classes(counts, distance, seed=0, spread=()):
    """Points around one centre per class; classes in `spread` have three centres, as dogs of three kinds."""
    generator = np.random.default_rng(seed)
    label_ids = np.repeat(np.arange(len(counts)), counts)
    centers = distance * np.eye(WIDTH)[label_ids]
    for place, label_id in enumerate(spread):
        own = np.flatnonzero(label_ids == label_id)
        centers[own] += distance * np.eye(WIDTH)[len(counts) + 6 * place + generator.integers(6, size=len(own))]
    return (centers + generator.normal(size=centers.shape)).astype(np.float32), label_ids


def names(counts):
    return [f"class {number}" for number in range(len(counts))]


@pytest.fixture(scope="module")
def hard():
    """Four classes that overlap: every picture more helps."""
    counts = [60] * 4
    return measure_learning_curve(*make_classes(counts, 1.6), names(counts), repeats=2)


def test_more_pictures_name_more_rightly(hard):
    accuracies = [point.accuracy for point in hard.points]
    assert accuracies[-1] > accuracies[0] + 0.15
    assert [point.at_most for point in hard.points] == [1, 2, 5, 10, 20, None]
    assert hard.points[-1].pictures_per_class == pytest.approx(48)
    assert all(point.interval[0] < point.accuracy < point.interval[1] for point in hard.points)
    assert (hard.pictures, hard.measured, hard.classes, hard.folds, hard.repeats) == (240, 240, 4, 5, 2)


def test_the_curve_is_continued_to_two_and_four_times_todays_pictures(hard):
    assert [outlook.factor for outlook in hard.outlooks] == [1, 2, 4]
    assert [outlook.pictures_per_class for outlook in hard.outlooks] == [60, 120, 240]
    today, twice, four_times = hard.outlooks
    assert today.gain == 0
    assert 0 < twice.gain < four_times.gain
    assert twice.gain == pytest.approx(twice.accuracy - today.accuracy)
    assert twice.gain_interval[0] <= twice.gain <= twice.gain_interval[1]
    expected = 1 - hard.floor - hard.scale * 120**-hard.exponent
    assert twice.accuracy == pytest.approx(expected)


@pytest.mark.slow
def test_what_is_foretold_for_four_times_comes_true():
    features, label_ids = make_classes([160] * 4, 1.6, seed=5)
    quarter = np.arange(len(label_ids)) % 4 == 0
    before = measure_learning_curve(features[quarter], label_ids[quarter], names([0] * 4), repeats=2)
    after = measure_learning_curve(features, label_ids, names([0] * 4), repeats=1)
    low, high = before.outlooks[2].interval
    assert low - 0.02 < after.outlooks[0].accuracy < high + 0.02
    assert before.outlooks[2].accuracy == pytest.approx(after.outlooks[0].accuracy, abs=0.06)


def test_the_class_with_few_pictures_of_many_looks_would_gain_most():
    counts = [150, 150, 150, 50]
    features, label_ids = make_classes(counts, 2.5, spread=(3,), seed=1)
    curve = measure_learning_curve(features, label_ids, names(counts), repeats=2)
    best = curve.gains[0]
    assert best.label_name == "class 3"
    assert best.shown
    assert best.gain_interval[0] > 0
    assert best.recall_gain > best.gain > 0
    assert (best.pictures, best.removed, curve.added) == (50, 20, 20)


def test_classes_that_are_told_apart_already_gain_nothing():
    counts = [40, 40, 40]
    curve = measure_learning_curve(*make_classes(counts, 15), names(counts), repeats=2)
    assert not any(gain.shown for gain in curve.gains)
    assert all(gain.gain_interval[0] < 0 < gain.gain_interval[1] for gain in curve.gains)
    assert curve.points[-1].accuracy == 1
    assert curve.points[-1].interval[0] < 1
    assert curve.outlooks[1].gain < 0.001


@pytest.mark.slow
def test_noise_shows_no_gain_in_most_worlds():
    shown = 0
    for seed in range(4):
        features, label_ids = make_classes([30, 30, 30], 0, seed)
        shown += any(
            gain.shown for gain in measure_learning_curve(features, label_ids, names([0] * 3), repeats=1).gains
        )
    assert shown <= 1


def test_copies_do_not_answer_for_each_other():
    features, label_ids = make_classes([30, 30], 0)
    features, label_ids = np.repeat(features, 2, axis=0), np.repeat(label_ids, 2)
    groups = np.repeat(np.arange(60), 2)
    alone = measure_learning_curve(features, label_ids, names([0] * 2), repeats=1)
    together = measure_learning_curve(features, label_ids, names([0] * 2), groups, repeats=1)
    assert alone.points[-1].accuracy > together.points[-1].accuracy + 0.1
    for part in divide(label_ids, groups, np.ones(120, bool), repeats=2, seed=0):
        assert not set(groups[part.learned]) & set(groups[part.asked])


@pytest.mark.parametrize("counts", [[2, 2], [2, 3, 1], [7, 2], [3] * 6])
def test_the_smallest_classes_have_a_curve_but_no_outlook(counts):
    curve = measure_learning_curve(*make_classes(counts, 5), names(counts), repeats=2)
    assert curve.outlooks == []
    assert curve.floor is curve.scale is curve.exponent is curve.foretold is None
    assert curve.gains == [] or all(gain.pictures >= 4 for gain in curve.gains)
    assert curve.measured == sum(count for count in counts if count > 1)


def test_where_there_are_many_classes_the_weakest_are_looked_at():
    counts = [6] * 20
    curve = measure_learning_curve(*make_classes(counts, 4), names(counts), repeats=1)
    assert len(curve.gains) == 12
    assert len(curve.not_looked_at) == 8
    looked_at = {gain.label_name for gain in curve.gains}
    assert looked_at | set(curve.not_looked_at) == set(names(counts))


def test_equal_seeds_give_equal_curves_that_survive_json(hard):
    again = measure_learning_curve(*make_classes([60] * 4, 1.6), names([0] * 4), repeats=2)
    assert again == hard
    assert LearningCurve.model_validate(hard.model_dump(mode="json")) == hard


def test_a_single_class_is_refused():
    features, label_ids = make_classes([20], 5)
    with pytest.raises(UserError, match="at least two classes"):
        measure_learning_curve(features, label_ids, ["alone"])


@pytest.mark.slow
def test_a_thousand_pictures_take_seconds():
    generator = np.random.default_rng(0)
    label_ids = np.arange(1000) % 5
    features = (0.1 * np.eye(256)[label_ids] + 0.1 * generator.normal(size=(1000, 256))).astype(np.float32)
    start = time.process_time()
    measure_learning_curve(features, label_ids, names([0] * 5))
    assert time.process_time() - start < 20  # 4 s on an idle core
