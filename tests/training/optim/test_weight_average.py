"""The moving average against its definition, and its way through checkpoints and evaluation."""

import pytest
import torch
from torch import nn

from vitrine.training.optim.weight_average import WeightAverage


def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 2))


def train(model, average, steps, seed=1):
    """Random updates; returns the states after each."""
    generator = torch.Generator().manual_seed(seed)
    states = []
    model.train()
    for _ in range(steps):
        model(torch.rand(4, 3, 8, 8, generator=generator))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=generator))
        average.update()
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    return states


def test_weights_and_statistics_are_averaged_with_a_decay_that_warms_up():
    model = build()
    average = WeightAverage(model, 0.5)
    expected = {name: tensor.double().clone() for name, tensor in model.state_dict().items()}
    for number, state in enumerate(train(model, average, 20), start=1):
        decay = min(0.5, (1 + number) / (10 + number))
        for name, tensor in state.items():
            expected[name] = decay * expected[name] + (1 - decay) * tensor.double()
    with average.applied():
        found = dict(model.state_dict())
        for name, tensor in found.items():
            if tensor.is_floating_point():
                torch.testing.assert_close(tensor, expected[name].float(), rtol=1e-4, atol=1e-5)
        assert "1.running_mean" in found


def test_the_network_has_its_own_weights_again_after_an_evaluation_even_a_failed_one():
    model = build()
    average = WeightAverage(model, 0.9)
    train(model, average, 3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    averaged = {name: tensor.clone() for name, tensor in average.state_dict()["averages"].items()}

    def evaluate():
        with average.applied():
            assert torch.equal(model[0].weight, averaged["0.weight"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate()
    assert not torch.equal(before["0.weight"], averaged["0.weight"])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(torch.equal(tensor, averaged[name]) for name, tensor in average.state_dict()["averages"].items())


def test_a_stored_average_goes_on_bit_for_bit(tmp_path):
    model, other = build(), build()
    whole, halted = WeightAverage(model, 0.99), WeightAverage(other, 0.99)
    train(model, whole, 4)
    train(other, halted, 4)
    torch.save(halted.state_dict(), tmp_path / "average.pt")
    resumed = WeightAverage(other, 0.99)
    resumed.load_state_dict(torch.load(tmp_path / "average.pt"))
    train(model, whole, 3, seed=2)
    train(other, resumed, 3, seed=2)
    for name, tensor in whole.state_dict()["averages"].items():
        assert torch.equal(tensor, resumed.state_dict()["averages"][name])


def test_weights_that_do_not_change_are_their_own_average():
    model = build()
    average = WeightAverage(model, 0.999)
    for _ in range(50):
        average.update()
    assert torch.equal(average.state_dict()["averages"]["0.weight"], model[0].weight)


def test_the_average_keeps_up_when_best_weights_are_loaded():
    model = build()
    average = WeightAverage(model, 0.9)
    best = {name: torch.zeros_like(tensor) for name, tensor in model.state_dict().items()}
    model.load_state_dict(best)
    average.update()
    assert average.state_dict()["averages"]["0.weight"].abs().max() < build()[0].weight.abs().max() / 2
