"""The rate finder on losses whose best rate is known."""

import numpy as np
import pytest
import torch
from torch import nn

from vitrine.errors import UserError
from vitrine.training.optim.rate_finder import _longest_fall, find_rate


def quadratic(optimizer_of=lambda model: torch.optim.SGD(model.parameters(), lr=0.1)):
    """Gradient descent on x^2 converges for rates below 1 and explodes above."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(3.0)
    optimizer = optimizer_of(model)

    def step(_):
        loss = model.weight.square().sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return model, optimizer, step


def test_the_suggestions_lie_where_the_loss_falls_and_below_the_explosion():
    curve = find_rate(*quadratic(), steps=200)
    assert 1e-3 < curve.valley < 1
    assert 1e-3 < curve.steepest < 1.5
    assert curve.losses[np.abs(curve.rates - curve.valley).argmin()] < curve.losses[0]


def test_rates_grow_evenly_until_the_loss_explodes():
    curve = find_rate(*quadratic(), steps=200, last_rate=1000.0)
    ratios = curve.rates[1:] / curve.rates[:-1]
    assert curve.rates[0] == 1e-7
    assert np.allclose(ratios, ratios[0])
    assert curve.rates[-1] < 1000
    assert curve.losses[-1] > 4 * curve.losses.min()
    assert len(curve.rates) == len(curve.losses)


def test_the_weights_are_as_before_even_after_an_error():
    model, optimizer, step = quadratic()
    find_rate(model, optimizer, step, steps=100)
    assert model.weight.item() == 3.0

    def broken(number):
        if number == 5:
            raise KeyboardInterrupt
        return step(number)

    with pytest.raises(KeyboardInterrupt):
        find_rate(model, optimizer, broken, first_rate=0.01)
    assert model.weight.item() == 3.0


def test_the_groups_keep_their_proportions():
    groups = lambda model: torch.optim.SGD(  # noqa: E731
        [{"params": model.parameters(), "lr": 0.2}, {"params": [nn.Parameter(torch.zeros(1))], "lr": 0.1}]
    )
    model, optimizer, step = quadratic(groups)
    seen = []
    find_rate(model, optimizer, lambda n: seen.append([g["lr"] for g in optimizer.param_groups]) or step(n))
    assert all(head == pytest.approx(2 * front) for head, front in seen)
    assert seen[0][0] == pytest.approx(1e-7)


def test_the_longest_fall_steps_over_bumps():
    assert _longest_fall(np.array([5.0, 6, 4, 4.5, 3, 2, 9, 1, 20])) == (0, 7)
    assert _longest_fall(np.array([1.0, 2, 3])) == (0, 0)


def test_a_loss_that_does_not_fall_is_one_clear_message():
    model, optimizer, _ = quadratic()
    with pytest.raises(UserError, match="the loss did not fall at any rate"):
        find_rate(model, optimizer, lambda step: 1.0 + step / 1000)


@pytest.mark.parametrize("value", [float("nan"), 1e9])
def test_a_loss_that_explodes_at_once_is_one_clear_message(value):
    model, optimizer, _ = quadratic()
    with pytest.raises(UserError, match="exploded after"):
        find_rate(model, optimizer, lambda step: 1.0 if step < 3 else value)
