"""The head is fitted to the pretrained network before the rest is trained."""

import pytest
import torch
from accelerate import Accelerator

from tests.factories import make_recipe
from vitrine.training.fit import build_model, fit_network
from vitrine.training.head import head_first
from vitrine.training.head.head_first import fit_head_first
from vitrine.training.loop.methods import TrainingData
from vitrine.training.loop.progress import Listeners
from vitrine.training.plan import plan_training


@pytest.fixture
def begin(prepared, checkpoint, tmp_path):
    """A function that fits the head of a network first: (validation accuracy, network, what was said, looks)."""

    def call(*overrides):
        plan = plan_training(make_recipe(prepared, f"model.backbone={checkpoint}", *overrides), prepared)
        model, normalization = build_model(plan.model, prepared.label_names, plan.options.seed)
        data = TrainingData(prepared.splits["train"], prepared.splits["validation"], normalization)
        said, seen = [], []
        listeners = Listeners(on_features=lambda done, total: seen.append((done, total)), say=said.append)
        accuracy = fit_head_first(plan, data, Accelerator(cpu=True), model, tmp_path / "features", listeners)
        return accuracy, model, said, seen

    return call


def weights_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("part", ["all", "last"])
def test_the_head_alone_changes_and_then_the_recipe_s_part_is_trainable(begin, prepared, checkpoint, part):
    overrides = [f"model.trainable_part={part}"]
    plan = plan_training(make_recipe(prepared, f"model.backbone={checkpoint}", *overrides), prepared)
    fresh, _ = build_model(plan.model, prepared.label_names, plan.options.seed)
    accuracy, model, said, seen = begin(*overrides)
    before, after = weights_of(fresh), weights_of(model)
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed == {"classifier.1.weight", "classifier.1.bias"}
    assert accuracy == 1.0  # a colour tells the classes apart
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert trained == [name for name, parameter in fresh.named_parameters() if parameter.requires_grad]
    assert said[0].startswith("head first: validation accuracy 1.000; now")
    pictures = sum(len(prepared.splits[split]) for split in ("train", "validation"))
    assert seen[-1] == (pictures, pictures)


def test_what_the_head_receives_is_not_computed_again_by_a_run_that_is_resumed(begin):
    _, one, _, _ = begin()
    _, other, _, seen = begin()
    assert not seen
    assert all(torch.equal(tensor, weights_of(other)[name]) for name, tensor in weights_of(one).items())


def test_of_very_many_pictures_some_are_enough(begin, monkeypatch):
    monkeypatch.setattr(head_first, "MOST_PICTURES", 6)
    _, _, _, seen = begin()
    assert seen[-1] == (12, 12)


def test_within_a_time_budget_fewer_are(begin):
    _, _, _, seen = begin("engine.budget_minutes=0.02")
    assert seen[-1] == (8, 8)


def test_a_head_that_starts_from_no_vector_is_left_as_it_is(begin, monkeypatch):
    monkeypatch.setattr(head_first, "measure_head_input", lambda *_: None)
    accuracy, model, said, seen = begin()
    assert (accuracy, seen) == (None, [])
    assert said == [
        "the head is not fitted first: it does not start from one vector per picture, or from too long ones"
    ]
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    ("overrides", "is_first"), [([], True), (["model.head_first=no"], False), (["model.frozen_epochs=1"], False)]
)
def test_a_training_begins_with_the_fitted_head_and_tells_what_it_reached(
    prepared, checkpoint, tmp_path, overrides, is_first
):
    plan = plan_training(make_recipe(prepared, f"model.backbone={checkpoint}", "optim.epochs=2", *overrides), prepared)
    said = []
    fitted = fit_network(plan, prepared, tmp_path, Listeners(say=said.append), begun=0.0)
    assert ("head_first_accuracy" in fitted.facts) == is_first
    assert any(line.startswith("head first") for line in said) == is_first
