"""Losses against numbers worked out by hand and against torch's own."""

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from vitrine.training.optim.losses import build_loss, log_prior, weigh_classes

COUNTS = (60, 30, 10)
METHODS = ("none", "class_weights", "balanced_sampler", "focal", "logit_adjustment")
LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, 1.0, 4.0], [0.0, 5.0, 0.0]])
TARGETS = torch.tensor([0, 2, 1, 1])


def one_hot(targets):
    return F.one_hot(targets, 3).float()


@pytest.mark.parametrize("method", ["none", "balanced_sampler"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_plain_loss_is_torchs_bit_for_bit(method, smoothing):
    loss = build_loss(method, COUNTS, smoothing)(LOGITS, TARGETS)
    assert torch.equal(loss, F.cross_entropy(LOGITS, TARGETS, label_smoothing=smoothing))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_shares_of_one_class_give_what_its_number_gives(method, smoothing):
    loss = build_loss(method, COUNTS, smoothing)
    torch.testing.assert_close(loss(LOGITS, one_hot(TARGETS)), loss(LOGITS, TARGETS))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_mixed_picture_has_the_mixture_of_both_losses(method, smoothing):
    loss = build_loss(method, COUNTS, smoothing)
    other = torch.tensor([1, 0, 2, 0])
    mixed = loss(LOGITS, 0.3 * one_hot(TARGETS) + 0.7 * one_hot(other))
    torch.testing.assert_close(mixed, 0.3 * loss(LOGITS, TARGETS) + 0.7 * loss(LOGITS, other))


@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_of_a_batch_is_the_mean_of_its_halves(method):
    loss = build_loss(method, COUNTS, 0.1)
    halves = (loss(LOGITS[:2], TARGETS[:2]) + loss(LOGITS[2:], TARGETS[2:])) / 2
    torch.testing.assert_close(loss(LOGITS, TARGETS), halves)


def test_class_weights_are_inverse_frequencies_with_the_mean_1_over_the_pictures():
    weights = weigh_classes(COUNTS)
    torch.testing.assert_close(weights, torch.tensor([100 / 180, 100 / 90, 100 / 30]))
    assert (weights * torch.tensor(COUNTS)).sum() == pytest.approx(100)


def test_a_class_without_training_pictures_changes_no_weight_and_has_a_finite_prior():
    torch.testing.assert_close(weigh_classes((60, 0, 20)), torch.tensor([80 / 120, 1.0, 80 / 40]))
    assert log_prior((60, 0, 20)).isfinite().all()


def test_the_weighted_loss_is_torchs_sum_divided_by_the_pictures():
    expected = F.cross_entropy(LOGITS, TARGETS, weight=weigh_classes(COUNTS), reduction="sum") / 4
    torch.testing.assert_close(build_loss("class_weights", COUNTS)(LOGITS, TARGETS), expected)
    soft = torch.tensor([[0.2, 0.5, 0.3]] * 4)
    expected = F.cross_entropy(LOGITS, soft, weight=weigh_classes(COUNTS))
    torch.testing.assert_close(build_loss("class_weights", COUNTS)(LOGITS, soft), expected)


def test_the_focal_loss_of_a_probability_of_three_quarters_is_as_in_the_paper():
    logits = torch.tensor([[math.log(3.0), 0.0]])  # probabilities 3/4 and 1/4
    for gamma in (0.0, 0.5, 1.0, 2.0, 5.0):
        loss = build_loss("focal", (1, 1), focal_gamma=gamma)(logits, torch.tensor([0]))
        assert loss.item() == pytest.approx(0.25**gamma * math.log(4 / 3), rel=1e-6)


def test_the_focal_loss_with_gamma_0_is_cross_entropy_with_smoothing_too():
    loss = build_loss("focal", COUNTS, 0.1, focal_gamma=0.0)(LOGITS, TARGETS)
    torch.testing.assert_close(loss, F.cross_entropy(LOGITS, TARGETS, label_smoothing=0.1))


@pytest.mark.parametrize("gamma", [0.0, 0.3, 2.0])
def test_the_focal_loss_has_a_gradient_where_the_network_is_certain(gamma):
    logits = torch.tensor([[200.0, 0.0], [-200.0, 0.0]], requires_grad=True)
    build_loss("focal", (1, 1), focal_gamma=gamma)(logits, torch.tensor([0, 0])).backward()
    assert logits.grad.isfinite().all()
    assert logits.grad[1, 0] < 0


def test_logit_adjustment_adds_tau_times_the_log_prior():
    prior = torch.tensor([0.6, 0.3, 0.1])
    torch.testing.assert_close(log_prior(COUNTS), prior.log())
    loss = build_loss("logit_adjustment", COUNTS, tau=0.5)(LOGITS, TARGETS)
    torch.testing.assert_close(loss, F.cross_entropy(LOGITS + 0.5 * prior.log(), TARGETS))
    # Equal logits: the adjusted probabilities are the prior itself.
    equal = build_loss("logit_adjustment", COUNTS)(torch.zeros(1, 3), torch.tensor([2]))
    assert equal.item() == pytest.approx(-math.log(0.1))
