"""The temperature under which probabilities mean what they say."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.evaluation.conftest import draw_logits
from vitrine.errors import UserError
from vitrine.evaluation.temperature import calibrated_loss, check_scores, cross_entropy, fit_temperature
from vitrine.models.calibration.softmax import softmax


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0, 6.0])
def test_the_temperature_is_found(temperature):
    fitted, remark = fit_temperature(*draw_logits(20_000, temperature))
    assert fitted == pytest.approx(temperature, rel=0.05)
    assert remark is None


def test_the_fit_is_the_best_of_a_grid():
    logits, label_ids = draw_logits(150, 2.0, seed=5)

    def objective(temperature):
        shares = softmax(logits, 1 / temperature)
        return -np.log(shares[np.arange(150), label_ids]).sum() + np.log(temperature) ** 2 / 2

    fitted, _ = fit_temperature(logits, label_ids)
    assert objective(fitted) <= min(map(objective, np.geomspace(0.05, 20, 400))) + 1e-9


def test_the_calibrated_loss_is_what_the_best_temperature_leaves():
    logits, label_ids = draw_logits(400, 1.0)
    lowest = min(log_loss(label_ids, softmax(logits, 1 / t)) for t in np.geomspace(0.2, 5, 400))
    assert calibrated_loss(logits, label_ids) == pytest.approx(lowest, abs=1e-4)
    assert calibrated_loss(3 * logits, label_ids) == pytest.approx(lowest, abs=1e-3)  # however sure the network is
    assert cross_entropy(3 * logits, label_ids) == pytest.approx(log_loss(label_ids, softmax(logits, 3.0)), abs=1e-12)
    assert cross_entropy(3 * logits, label_ids) > lowest + 0.1
    assert calibrated_loss(logits / 3, label_ids) == cross_entropy(logits / 3, label_ids)  # it never sharpens


@pytest.mark.parametrize("pictures", [1, 3, 400])
def test_without_a_mistake_the_temperature_stays_sensible_and_it_is_said(pictures):
    label_ids = np.arange(pictures) % 3
    fitted, remark = fit_temperature(8.0 * np.eye(3)[label_ids], label_ids)
    assert 0.3 < fitted < 2  # the likelihood alone would want 0
    assert remark == ("few_pictures" if pictures < 50 else "all_right")


def test_equal_logits_for_all_pictures_keep_the_temperature():
    assert fit_temperature(np.zeros((80, 3)), np.arange(80) % 3)[0] == pytest.approx(1.0)


def test_absurd_logits_end_at_the_bound_and_it_is_said():
    logits, label_ids = draw_logits(500, 1000.0)
    fitted, remark = fit_temperature(logits, label_ids)
    assert (fitted, remark) == (pytest.approx(20.0, rel=1e-2), "at_bound")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_counted_and_refused(value):
    logits, label_ids = draw_logits(10, 1.0)
    logits[[2, 5], 0] = value
    with pytest.raises(UserError, match="answers to 2 of 10 pictures are not numbers"):
        fit_temperature(logits, label_ids)


def test_no_picture_at_all_is_refused():
    with pytest.raises(UserError, match="there are no pictures to measure"):
        check_scores(np.zeros((0, 3)), [])
