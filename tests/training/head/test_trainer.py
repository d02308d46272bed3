"""The epochs of a head on features."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.head.heads import LABELS, build_head
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_small_cnn, head_modules
from vitrine.models.backbones.stages import set_trainable
from vitrine.training.head import trainer as head_only
from vitrine.training.head.features import HeadInputs
from vitrine.training.head.trainer import HeadOptions, fit_head_on_features, repeat_fit
from vitrine.training.optim.optimizer import build_optimizer, build_schedule


def fit(model, inputs, epochs=3, learning_rate=0.02, patience=100, **arguments):
    optimizer = build_optimizer(model, "adamw", learning_rate, 0.01, 0.9)
    schedule = build_schedule(optimizer, 1000, 0.0)
    options = HeadOptions(epochs, 0, 16, 1.0, patience, 0.0)
    return fit_head_on_features(model, inputs, optimizer, schedule, options, **arguments)


def random_inputs(width=16, pictures=40, views=1):
    generator = np.random.default_rng(0)
    label_ids = np.arange(pictures) % 3
    centers = 2 * generator.standard_normal((3, width))
    vectors = (centers[label_ids] + generator.standard_normal((views, pictures, width))).astype(np.float32)
    return HeadInputs(vectors, label_ids, vectors[0], label_ids, vectors[0])


def test_dropout_in_front_of_the_head_is_active_in_training_only():
    model = build_small_cnn(LABELS, (8, 16), 1, dropout=0.5)
    set_trainable(model, "head")
    seen = []
    model.classifier.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0])))
    fit(model, random_inputs(), epochs=1)
    for training, vectors in seen:
        share = (vectors == 0).float().mean().item()
        assert 0.35 < share < 0.65 if training else share == 0
    assert {training for training, _ in seen} == {True, False}


@pytest.mark.parametrize("views", [1, 2])
def test_a_fit_that_is_repeated_on_the_same_pictures_gives_the_same_head(checkpoint, views):
    model, inputs = build_head(checkpoint), random_inputs(views=views)
    first = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = fit(model, inputs, epochs=4)
    assert found.best_epoch == 4
    model.load_state_dict(first)
    optimizer = build_optimizer(model, "adamw", 0.02, 0.01, 0.9)
    schedule = build_schedule(optimizer, 1000, 0.0)
    options = HeadOptions(99, 0, 16, 1.0, 1, 0.0)
    repeat_fit(model, inputs.train, inputs.train_label_ids, optimizer, schedule, options, found.history)
    assert all(torch.equal(found.best_weights[name], tensor) for name, tensor in model.state_dict().items())


def test_the_best_epoch_is_restored_and_patience_ends_the_training(checkpoint):
    model, inputs = build_head(checkpoint), random_inputs()
    inputs = replace(inputs, validation_label_ids=(inputs.train_label_ids + 1) % 3)  # learning makes it worse
    found = fit(model, inputs, epochs=50, patience=3)
    assert found.stopped_early
    assert len(found.history) == found.best_epoch + 3
    assert found.best.calibrated_loss == min(record.calibrated_loss for record in found.history)
    with torch.no_grad():
        logits = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(inputs.validation_label_ids))
    assert loss.item() == pytest.approx(found.best.validation_loss, abs=1e-6)
    assert all(torch.equal(found.best_weights[name], tensor) for name, tensor in model.state_dict().items())


def test_the_best_epochs_are_kept_with_the_head_of_each(checkpoint):
    model, inputs, kept, scores = build_head(checkpoint), random_inputs(), {}, {}

    def keep(epoch):
        with torch.no_grad():
            logits = nn.Sequential(*head_modules(model))(torch.from_numpy(inputs.validation))
        kept[epoch] = nn.functional.cross_entropy(logits, torch.from_numpy(inputs.validation_label_ids)).item()

    optimizer = build_optimizer(model, "adamw", 0.02, 0.01, 0.9)
    options = HeadOptions(6, 0, 16, 1.0, 6, 0.0, top=2, monitor="validation_loss")
    schedule = build_schedule(optimizer, 1000, 0.0)
    found = fit_head_on_features(
        model,
        inputs,
        optimizer,
        schedule,
        options,
        on_epoch=lambda record: scores.update({record.epoch: record.validation_loss}),
        keep_epoch=keep,
    )
    assert list(kept) == sorted(scores, key=scores.get)[:2]
    assert kept == pytest.approx({epoch: scores[epoch] for epoch in kept}, abs=1e-6)
    assert all(torch.equal(found.best_weights[name], tensor) for name, tensor in model.state_dict().items())


def test_views_take_turns(checkpoint):
    model = build_head(checkpoint)
    inputs = random_inputs(views=3)
    seen = []
    head_modules(model)[0].register_forward_pre_hook(lambda module, given: seen.append(given[0][0, 0].item()))
    fit(model, replace(inputs, validation=inputs.validation[:1], validation_label_ids=np.zeros(1, np.int64)), epochs=5)
    views = [{float(value) for value in view[:, 0]} for view in inputs.train]
    trained = seen[0::4]  # first of three steps, and one validation, in each epoch
    assert [[value in view for view in views].index(True) for value in trained] == [0, 1, 2, 0, 1]


def test_a_loss_that_explodes_is_one_clear_message(checkpoint):
    inputs = random_inputs()
    inputs.train[0, 3, 2] = np.nan
    with pytest.raises(UserError, match=r"Lower optim\.learning_rate"):
        fit(build_head(checkpoint), inputs)


@pytest.mark.parametrize(("worth", "threads"), [(10**9, 1), (1, 2)])
def test_small_steps_take_one_thread_and_give_the_others_back(checkpoint, monkeypatch, worth, threads):
    monkeypatch.setattr(head_only, "WORTH_THREADS", worth)
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        fit(build_head(checkpoint), random_inputs(), epochs=1, on_epoch=lambda _: seen.append(torch.get_num_threads()))
        assert seen == [threads]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_another_loss_is_used_as_it_is_given(checkpoint):
    seen = []

    def loss(logits, label_ids):
        seen.append(logits.shape)
        return nn.functional.cross_entropy(logits, label_ids)

    fit(build_head(checkpoint), random_inputs(), epochs=1, loss=loss)
    assert [tuple(shape) for shape in seen] == [(14, 3), (13, 3), (13, 3)]
