"""What the validation split says of a model in training."""

import math

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from tests.training.loop.trainers import make_small
from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.data.manifest.split_names import VALIDATION
from vitrine.models.backbones.normalization import CENTERED
from vitrine.training.loop.steps import DivergedError, Normalizer
from vitrine.training.loop.validation import Validation, validate

CPU = torch.device("cpu")


def test_loss_and_accuracy_are_those_worked_out_by_hand():
    logits = np.log(np.array([[0.8, 0.2], [0.4, 0.6], [0.9, 0.1]]))
    found = Validation.from_logits(logits, np.array([0, 0, 0]))
    assert found.loss == pytest.approx(-(math.log(0.8) + math.log(0.4) + math.log(0.9)) / 3)
    assert found.accuracy == pytest.approx(2 / 3)


def test_the_calibrated_loss_takes_back_what_is_too_sure_and_is_never_above_the_loss():
    logits = 8.0 * np.eye(2)[[0, 1] * 30]
    label_ids = np.array([0, 1] * 24 + [1, 0] * 6)  # a fifth is wrong
    found = Validation.from_logits(logits, label_ids)
    assert found.calibrated_loss == pytest.approx(-(0.8 * math.log(0.8) + 0.2 * math.log(0.2)), abs=0.01)
    assert found.calibrated_loss < found.loss


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_no_numbers_end_the_training(value):
    with pytest.raises(DivergedError, match="the validation loss is no longer a number"):
        Validation.from_logits(np.array([[0.0, value]]), np.array([0]))


def test_a_network_is_measured_as_it_answers_and_not_as_it_trains(prepared):
    model = make_small(prepared).train()
    loader = build_evaluation_loader(prepared.splits[VALIDATION], 4, workers=0)
    normalize = Normalizer(CENTERED, whitens=False, memory_format=torch.contiguous_format, device=CPU)
    found = validate(Accelerator(cpu=True), model, loader, normalize)
    model.eval()
    pixels = torch.cat([batch["pixels"] for batch in loader]).float()
    with torch.no_grad():
        logits = model(pixel_values=normalize(pixels)).logits.numpy()
    expected = Validation.from_logits(logits, np.asarray(prepared.splits[VALIDATION]["label"]))
    assert found.loss == pytest.approx(expected.loss, abs=1e-6)
    assert found.accuracy == expected.accuracy
