"""The changeable parts of a training."""

import pytest
import torch

from tests.training.loop.trainers import make_small, make_trainer, run, same, weights_of
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.progress import EpochRecord, Fit
from vitrine.training.loop.validation import Validation


def test_the_best_epochs_are_kept_and_others_go(prepared, tmp_path):
    kept = set()
    methods = Methods(keep_epoch=kept.add, drop_epoch=kept.discard)
    trainer = make_trainer(prepared, epochs=5, methods=methods, top=2)
    figures = iter([0.5, 0.4, 0.6, 0.1, 0.45])
    trainer.validate = lambda: Validation(0.0, 0.0, next(figures))
    run(trainer, tmp_path)
    assert kept == {2, 4}


def test_parts_without_trainable_weights_are_not_in_training_mode(prepared):
    model = make_small(prepared)
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)
    Methods().set_mode(model)
    assert model.classifier.training
    assert not any(m.training for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_unfreezing_starts_at_its_epoch_also_after_a_resume(prepared, tmp_path):
    def build(stop_after=None):
        model = make_small(prepared)
        model.requires_grad_(False)
        model.classifier.requires_grad_(True)

        def unfreeze(step, total_steps):
            model.requires_grad_(3 * step >= total_steps)
            model.classifier.requires_grad_(True)
            return True

        model.requires_grad_(True)  # the optimiser has to know them all
        return make_trainer(prepared, epochs=3, model=model, methods=Methods(choose_trained=unfreeze))

    class CutError(Exception):
        pass

    def cut(record):
        if record.epoch == 3:
            raise CutError

    whole = build()
    first = whole.plain_model.state_dict()["classifier.weight"].clone()
    run(whole, tmp_path / "whole")
    assert not torch.equal(whole.plain_model.state_dict()["classifier.weight"], first)
    with pytest.raises(CutError):
        run(build(), tmp_path / "halted", on_epoch=cut)
    resumed = build()
    run(resumed, tmp_path / "halted")
    assert same(weights_of(whole), weights_of(resumed))


def fit_of(*losses):
    """What epochs of such calibrated losses have given."""
    fit = Fit()
    for number, loss in enumerate(losses, start=1):
        fit.add(EpochRecord(number, 1.0, 0.5, 1.0, 0.5, loss, 0.01, 100.0, 1.0), patience=10, min_delta=0.0)
    return fit


def test_an_epoch_that_is_not_among_the_best_is_not_kept_and_without_a_place_to_keep_nothing_is():
    kept, dropped = [], []
    methods = Methods(keep_epoch=kept.append, drop_epoch=dropped.append)
    methods.keep_top(fit_of(0.5, 0.3, 0.4), count=2)
    assert (kept, dropped) == ([3], [1])
    methods.keep_top(fit_of(0.5, 0.3, 0.9), count=2)
    methods.keep_top(fit_of(0.5), count=0)
    assert kept == [3]
    Methods(drop_epoch=dropped.append).keep_top(fit_of(0.5, 0.3, 0.4), count=1)
    assert dropped == [1]


def test_without_a_choice_pictures_stay_as_they_are_and_the_rate_warms_up_and_falls():
    methods = Methods()
    pixels = torch.tensor([[0, 255]], dtype=torch.uint8)
    assert methods.augment(pixels, torch.tensor([0]), 3, 5).tolist() == [[0.0, 255.0]]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, rates = methods.schedule(optimizer, 20), []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:3] == pytest.approx([0.0, 0.5, 1.0])
    assert rates[2:] == sorted(rates[2:], reverse=True)
