"""Confidence against truth."""

import numpy as np
import pytest

from tests.evaluation.conftest import draw_logits
from vitrine.evaluation.calibration import (
    BINS,
    calibration_error,
    calibration_error_interval,
    chance_errors,
    measure_calibration,
    reliability_bins,
)
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.temperature import fit_temperature
from vitrine.models.calibration.softmax import softmax
from vitrine.records.calibration import Calibration


@pytest.mark.parametrize(
    ("confidence", "right", "bins", "expected"),
    [
        # torchmetrics' documented examples of binary and of multiclass calibration error, norm l1
        ([0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], 2, 0.29),
        ([0.55, 0.55, 0.60, 0.90], [0, 0, 1, 1], 3, 0.20),
        # by hand: two full bins, 0.9 - 2/3 with three of four pictures, 0.4 - 0 with one
        ([0.9, 0.9, 0.9, 0.4], [1, 1, 0, 0], 10, 0.75 * (0.9 - 2 / 3) + 0.25 * 0.4),
        # the upper end of a bin belongs to it: 0.5 and 0.3 lie in one of two bins, and their errors cancel
        ([0.5, 0.3], [0, 1], 2, abs(0.8 - 1) / 2),
        ([1.0, 1.0], [1, 1], BINS, 0.0),
        ([0.0], [1], BINS, 1.0),
    ],
)
def test_the_calibration_error_equals_known_values(confidence, right, bins, expected):
    assert calibration_error(confidence, right, bins) == pytest.approx(expected, abs=1e-12)


def test_the_calibration_error_is_the_definition_written_out():
    generator = np.random.default_rng(0)
    confidence, right = generator.random(500).round(2), generator.random(500) < 0.6
    expected = 0.0
    for place in range(BINS):
        inside = (confidence > place / BINS) & (confidence <= (place + 1) / BINS)
        inside |= (confidence == 0) & (place == 0)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration_error(confidence, right) == pytest.approx(expected, abs=1e-12)


def test_bins_hold_all_pictures_and_empty_ones_say_nothing():
    bins = reliability_bins([0.95, 0.97, 0.2], [True, False, True])
    assert [found.pictures for found in bins] == [0] * 2 + [1] + [0] * 11 + [2]
    assert (bins[-1].confidence, bins[-1].accuracy) == (pytest.approx(0.96), 0.5)
    assert (bins[0].confidence, bins[0].accuracy) == (None, None)
    assert (bins[0].low, bins[-1].high) == (0, 1)


def test_scaling_mends_a_network_that_is_too_sure():
    temperature, remark = fit_temperature(*draw_logits(2000, 4.0, seed=1))
    found = measure_calibration(*draw_logits(2000, 4.0, seed=2), temperature, remark, 2000, seed=0)
    assert found.before.error > 0.15
    assert found.after.error < 0.05
    assert found.after.loss < found.before.loss
    assert found.before.confidence > found.accuracy
    assert found.before.error_interval[0] <= found.before.error <= found.before.error_interval[1]
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def test_two_classes_and_three_pictures_are_measured():
    found = measure_calibration([[2.0, 0], [0, 2.0], [1.0, 0]], [0, 1, 1], 1.0, None, 3, seed=0)
    assert found.pictures == 3
    assert 0 <= found.after.error <= 1


@pytest.mark.parametrize("temperature", [1.0, 1.5, 4.0])
def test_intervals_hold_the_true_error_whether_it_is_large_or_nil(temperature):
    truth = calibration_error(*answers(*draw_logits(200_000, temperature, seed=99)))
    held = []
    for seed in range(100):
        low, high = calibration_error_interval(*answers(*draw_logits(150, temperature, seed=seed)), seed=seed)
        held.append(low <= truth <= high)
    assert 0.88 <= np.mean(held) <= 1.0


def test_where_nothing_was_wrong_the_error_may_be_as_large_as_the_accuracy_is_uncertain():
    low, high = calibration_error_interval(np.full(20, 0.999), np.ones(20, bool), seed=0)
    assert low == 0
    assert high == pytest.approx(0.999 - wilson_interval(20, 20)[0])


def test_perfect_calibration_shows_an_error_by_chance_that_falls_with_the_pictures():
    found = [float(chance_errors(answers(*draw_logits(count, 1.0))[0], seed=0).mean()) for count in (100, 2500)]
    assert found[0] > 3 * found[1] > 0
    measured = np.mean([calibration_error(*answers(*draw_logits(100, 1.0, seed=seed))) for seed in range(100)])
    assert found[0] == pytest.approx(measured, rel=0.15)


def answers(logits, label_ids):
    return softmax(logits).max(axis=1), logits.argmax(axis=1) == label_ids
