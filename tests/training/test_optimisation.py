import pytest
import torch
from torch import nn

from vitrine.training.optimisation import build_optimizer, build_schedule


@pytest.mark.parametrize("name", ["adamw", "sgd", "rmsprop"])
def test_biases_and_norms_are_not_decayed(name):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    decayed, free = build_optimizer(model, name, 0.1, 0.05, 0.9).param_groups
    assert [p.ndim for p in decayed["params"]] == [4]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.05, 0.0)
    assert [p.ndim for p in free["params"]] == [1, 1, 1]


@pytest.mark.parametrize("name", ["adamw", "sgd", "rmsprop"])
def test_frozen_parameters_are_not_updated(name):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    optimizer = build_optimizer(model, name, 0.1, 0.05, 0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(model[0].weight, before)


def test_the_learning_rate_rises_then_falls_to_zero():
    optimizer = build_optimizer(nn.Linear(2, 2), "sgd", 1.0, 0.0, 0.9)
    schedule = build_schedule(optimizer, steps=100, warmup_fraction=0.1)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert max(rates) == rates[10] == 1.0
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
