import math
import pickle

import pytest
import torch
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification, get_cosine_schedule_with_warmup

from vitrine.errors import UserError
from vitrine.models.backbones.stages import list_stages, set_trainable
from vitrine.training.optim.optimizer import SchedulePlan, build_optimizer, build_schedule

NAMES = ["adamw", "adam", "sgd", "rmsprop"]


@pytest.mark.parametrize("name", NAMES)
def test_biases_and_norms_are_not_decayed(name):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    decayed, free = build_optimizer(model, name, 0.1, 0.05, 0.9).param_groups
    assert [p.ndim for p in decayed["params"]] == [4]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.05, 0.0)
    assert [p.ndim for p in free["params"]] == [1, 1, 1]


def update(name, weight_decay, gradient):
    """What the first step does to a weight of 1."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    optimizer = build_optimizer(model, name, 0.1, weight_decay, 0.0)
    model.weight.grad = torch.full_like(model.weight, gradient)
    optimizer.step()
    return model.weight.item() - 1


def test_adam_has_the_decay_in_its_gradient_and_adamw_beside_it():
    assert update("adam", 0.0, 1e-3) == pytest.approx(-0.1, abs=1e-4)
    assert update("adam", 0.5, -0.499) == pytest.approx(-0.1, abs=1e-4)  # the sign of gradient and penalty together
    assert update("adamw", 0.5, -0.499) == pytest.approx(0.1 - 0.05, abs=1e-4)


def decays(model, weight_decay=0.0, **chosen):
    groups = build_optimizer(model, "adam", 0.1, weight_decay, 0.9, layer_weight_decay=chosen).param_groups
    found = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    return {name: found[id(p)] for name, p in model.named_parameters() if found[id(p)] > 0}


def test_chosen_layers_have_a_decay_of_their_own():
    model = nn.Sequential()
    model.body, model.head = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)), nn.Linear(4, 2)
    assert decays(model, head=0.1) == {"head.weight": 0.1}
    assert decays(model, body=0.1) == {"body.0.weight": 0.1, "body.1.weight": 0.1}
    assert decays(model, 0.2, **{"body.1": 0.0}) == {"body.0.weight": 0.2, "head.weight": 0.2}
    assert decays(model, **{"*": 0.1, "b*.1": 0.3}) == {"body.0.weight": 0.1, "body.1.weight": 0.3, "head.weight": 0.1}


def test_a_chosen_layer_that_is_not_there_or_not_trained_is_named():
    model = tiny_resnet()
    set_trainable(model, "head")
    for name in ("clasifier", "resnet"):
        with pytest.raises(UserError, match=rf"layer_weight_decay: .* called '{name}'; there are classifier\.1"):
            decays(model, **{name: 0.1})


@pytest.mark.parametrize("name", NAMES)
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


def tiny_resnet():
    torch.manual_seed(0)
    return ResNetForImageClassification(
        ResNetConfig(embedding_size=16, hidden_sizes=[16, 24], depths=[1, 1], layer_type="basic", num_labels=3)
    )


def rates_of(plan, steps=100, base=1.0, losses=None):
    """The rate before each step, and after the last."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
    schedule = build_schedule(optimizer, steps, 0.1, plan)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
        if losses and (step + 1) % (steps // plan.epochs) == 0:
            schedule.end_epoch(losses[(step + 1) // (steps // plan.epochs) - 1])
    return [*rates, optimizer.param_groups[0]["lr"]]


def test_the_rates_fall_with_the_distance_from_the_head():
    model = tiny_resnet()
    groups = build_optimizer(model, "sgd", 0.1, 0.05, 0.9, layer_decay=0.5).param_groups
    rate_of = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    for distance, stage in enumerate(reversed(list_stages(model))):
        for module in stage:
            assert all(rate_of[id(p)] == 0.1 * 0.5**distance for p in module.parameters())
    assert groups[0]["lr"] == 0.1
    assert {p.ndim for g in groups if g["weight_decay"] == 0.0 for p in g["params"]} == {1}
    assert all(p.ndim > 1 for g in groups if g["weight_decay"] > 0 for p in g["params"])


def test_frozen_stages_have_no_group():
    model = tiny_resnet()
    set_trainable(model, "last", last_stages=1)
    groups = build_optimizer(model, "adamw", 0.1, 0.05, 0.9, layer_decay=0.5).param_groups
    assert {group["lr"] for group in groups} == {0.1, 0.05}


def test_parameters_that_are_frozen_for_a_while_are_trained_afterwards():
    model = tiny_resnet()
    optimizer = build_optimizer(model, "adamw", 0.01, 0.05, 0.9)
    weight = model.resnet.embedder.embedder.convolution.weight
    before = weight.detach().clone()

    def step():
        model(torch.rand(2, 3, 32, 32)).logits[:, 0].sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    set_trainable(model, "head")
    step()
    assert torch.equal(weight, before)
    assert weight not in optimizer.state
    set_trainable(model, "all")
    step()
    assert not torch.equal(weight, before)


def test_the_cosine_is_that_of_transformers_bit_for_bit():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    theirs = get_cosine_schedule_with_warmup(optimizer, 7, 70)
    expected = []
    for _ in range(70):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert rates_of(SchedulePlan(), 70, 0.3)[:-1] == expected


def test_one_cycle_rises_from_a_twenty_fifth_and_falls_to_almost_nothing():
    rates = rates_of(SchedulePlan("one_cycle", warmup_fraction=0.3))
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[30] == pytest.approx(1.0)
    assert rates[:31] == sorted(rates[:31])
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert rates[-1] == pytest.approx(1e-5)


def test_steps_fall_at_the_ends_of_their_epochs():
    rates = rates_of(SchedulePlan("step", epochs=10, warmup_fraction=0.0, step_epochs=4, step_factor=0.5))
    assert rates[:40] == [1.0] * 40
    assert rates[40:80] == [0.5] * 40
    assert rates[80:] == [0.25] * 21


def test_constant_rises_and_stays():
    rates = rates_of(SchedulePlan("constant"))
    assert rates[:10] == pytest.approx([step / 10 for step in range(10)])
    assert set(rates[10:]) == {1.0}


def test_a_plateau_lowers_the_rate_and_a_lower_loss_starts_the_count_anew():
    plan = SchedulePlan("plateau", epochs=10, warmup_fraction=0.0, plateau_patience=2, plateau_factor=0.5)
    rates = rates_of(plan, losses=[5, 5, 4, 4, 4, 4, 4, math.nan, 3, 3])
    by_epoch = [set(rates[start : start + 10]) for start in range(0, 100, 10)]
    assert by_epoch == [{1.0}] * 5 + [{0.5}] * 2 + [{0.25}] * 3


def test_after_the_frozen_epochs_the_course_starts_anew_at_half_the_rate():
    plan = SchedulePlan(epochs=5, frozen_epochs=1, warmup_fraction=0.1)
    rates = rates_of(plan, 100)
    assert max(rates[:20]) == rates[2] == 1.0
    assert rates[19] < 0.01
    assert rates[20] == 0.0
    assert max(rates[20:]) == rates[28] == 0.5
    assert rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["cosine", "one_cycle", "step", "plateau", "constant"])
def test_a_stored_schedule_goes_on_exactly(name):
    plan = SchedulePlan(name, epochs=10, frozen_epochs=2, step_epochs=2, plateau_patience=1)
    model = tiny_resnet()

    def build():
        optimizer = build_optimizer(model, "sgd", 0.1, 0.0, 0.9, layer_decay=0.5)
        return optimizer, build_schedule(optimizer, 50, 0.1, plan)

    def advance(optimizer, schedule, steps):
        seen = []
        for step in range(*steps):
            optimizer.step()
            schedule.step()
            if step % 5 == 4:
                schedule.end_epoch(1.0)
            seen.append([group["lr"] for group in optimizer.param_groups])
            assert schedule.get_last_lr() == seen[-1]
        return seen

    whole = advance(*build(), (0, 50))
    first = build()
    advance(*first, (0, 23))
    stored = pickle.dumps([part.state_dict() for part in first])
    second = build()
    for part, state in zip(second, pickle.loads(stored), strict=True):  # noqa: S301 (written above)
        part.load_state_dict(state)
    assert advance(*second, (23, 50)) == whole[23:]
