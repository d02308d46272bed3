"""Every picture is asked of a head that has not seen it, its copies, or its group."""

import numpy as np
import pytest
import torch

from vitrine.training.head import out_of_fold
from vitrine.training.head.features import HeadInputs
from vitrine.training.head.out_of_fold import answer_out_of_fold, enough_validation

WIDTH = 8


class Network(torch.nn.Module):
    """A head on nothing; its weights are what `refit` makes them."""

    device = torch.device("cpu")

    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(WIDTH, 3)


def draw(pictures, validation, views=1):
    generator = np.random.default_rng(0)
    label_ids = np.arange(pictures) % 3
    plain = np.eye(WIDTH, dtype=np.float32)[label_ids] + generator.normal(0, 0.05, (pictures, WIDTH)).astype(np.float32)
    train = pictures - validation
    stacked = np.stack([plain[:train] + view for view in range(views)])
    return HeadInputs(stacked, label_ids[:train], plain[train:], label_ids[train:], plain[:train])


def ask(monkeypatch, inputs, groups=None, enough=100):
    """Answers, with what each head was fitted on; a head's bias tells which head it was."""
    monkeypatch.setattr(out_of_fold, "head_modules", lambda model: [model.head])
    network, fitted = Network(), []
    before = [parameter.detach().clone() for parameter in network.parameters()]

    def refit(views, label_ids):
        fitted.append((views, label_ids))
        network.head.weight.data[:] = 0
        network.head.bias.data[:] = len(fitted)

    count = inputs.train.shape[1] + len(inputs.validation)
    found = answer_out_of_fold(network, inputs, np.arange(count) if groups is None else groups, 0, refit, enough)
    assert all(torch.equal(was, now) for was, now in zip(before, network.parameters(), strict=True))
    return found, fitted


def test_each_picture_is_asked_once_of_a_head_that_was_fitted_without_it(monkeypatch):
    inputs = draw(45, 15)
    everything = np.concatenate([inputs.plain, inputs.validation])
    found, fitted = ask(monkeypatch, inputs)
    assert len(fitted) == 5
    assert len(found.label_ids) == 45
    assert sorted(np.bincount(found.logits[:, 0].astype(int))[1:]) == [9] * 5
    for views, _ in fitted:
        seen = {row.tobytes() for row in views[0]}
        assert sum(row.tobytes() in seen for row in everything) == 36
    assert found.similarities.max() < 1 - 1e-6  # the picture itself is not among its neighbors
    assert found.similarities.min() > 0.9


def test_members_of_one_group_never_answer_for_each_other(monkeypatch):
    inputs = draw(48, 12)
    groups = np.arange(48) // 6  # two pictures of each class
    _, fitted = ask(monkeypatch, inputs, groups)
    everything = np.concatenate([inputs.plain, inputs.validation])
    for views, _ in fitted:
        seen = {row.tobytes() for row in views[0]}
        shares = [np.mean([row.tobytes() in seen for row in everything[groups == group]]) for group in range(8)]
        assert set(shares) <= {0.0, 1.0}


def test_heads_learn_from_augmented_views_and_are_asked_about_plain_pictures(monkeypatch):
    inputs = draw(45, 15, views=3)
    found, fitted = ask(monkeypatch, inputs)
    assert all(views.shape == (3, 36, WIDTH) for views, _ in fitted)
    assert len(found.label_ids) == 45
    assert found.similarities.min() > 0.9


def test_many_validation_pictures_need_no_other_heads(monkeypatch):
    assert ask(monkeypatch, draw(45, 15), enough=16)[0] is not None
    monkeypatch.setattr(out_of_fold, "join_labeled", None)  # gigabytes are not copied for nothing
    assert ask(monkeypatch, draw(45, 15), enough=15) == (None, [])


@pytest.mark.parametrize(("precision", "enough"), [(0.9, 80), (0.95, 160), (0.99, 500), (0.999, 500)])
def test_the_more_is_promised_the_more_validation_pictures_it_takes(precision, enough):
    assert enough_validation(precision) == enough


def test_classes_of_one_picture_or_group_each_leave_nothing_to_ask(monkeypatch):
    inputs = draw(6, 3)
    assert ask(monkeypatch, inputs, np.arange(6) % 3) == (None, [])
