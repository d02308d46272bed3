"""The loop over the epochs."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.factories import write_tiny_resnet
from tests.training.loop.trainers import make_trainer, run, same, weights_of
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone
from vitrine.models.backbones.stages import set_trainable
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.validation import Validation


def test_one_batch_can_be_learned_by_heart(prepared, tmp_path):
    trainer = make_trainer(prepared, epochs=20, policy="none", rows=range(0, 36, 3))
    fit = run(trainer, tmp_path / "checkpoint")
    assert fit.history[-1].train_accuracy == 1.0
    assert fit.history[-1].train_loss < 0.1


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(prepared, tmp_path):
    first, again, other = (make_trainer(prepared, seed=seed) for seed in (1, 1, 2))
    for number, trainer in enumerate((first, again, other)):
        run(trainer, tmp_path / str(number))
    assert same(weights_of(first), weights_of(again))
    assert not same(weights_of(first), weights_of(other))
    assert [r.train_loss for r in first.fit.history] == [r.train_loss for r in again.fit.history]


def test_a_run_that_goes_on_from_a_checkpoint_ends_with_the_same_weights(prepared, tmp_path):
    whole = make_trainer(prepared, epochs=4)
    run(whole, tmp_path / "whole")

    class PowerCutError(Exception):
        pass

    def cut(record):
        if record.epoch == 3:
            raise PowerCutError

    halted = make_trainer(prepared, epochs=4)
    with pytest.raises(PowerCutError):
        run(halted, tmp_path / "halted", on_epoch=cut)
    resumed = make_trainer(prepared, epochs=4)
    run(resumed, tmp_path / "halted")
    assert same(weights_of(whole), weights_of(resumed))
    assert [r.train_loss for r in whole.fit.history] == [r.train_loss for r in resumed.fit.history]
    assert [r.epoch for r in resumed.fit.history] == [1, 2, 3, 4]


def test_the_weights_of_the_best_epoch_are_restored(prepared, tmp_path):
    trainer = make_trainer(prepared, epochs=6, learning_rate=0.05)
    fit = run(trainer, tmp_path / "checkpoint")
    assert fit.best.calibrated_loss == min(record.calibrated_loss for record in fit.history)
    assert trainer.validate().loss == pytest.approx(fit.best.validation_loss, abs=1e-6)


def test_training_stops_when_patience_runs_out(prepared, tmp_path):
    trainer = make_trainer(prepared, epochs=50, patience=2, learning_rate=1e-8)
    trainer.validate = lambda: Validation(1.0, 0.5, 1.0)
    fit = run(trainer, tmp_path / "checkpoint")
    assert fit.stopped_early
    assert len(fit.history) == 3
    assert fit.best_epoch == 1


def test_training_the_head_leaves_the_backbone_as_it_was(prepared, tmp_path):
    model, _ = build_backbone(str(write_tiny_resnet(tmp_path / "checkpoint")), prepared.label_names)
    set_trainable(model, "head")
    before = {name: tensor.clone() for name, tensor in model.resnet.state_dict().items()}
    trainer = make_trainer(prepared, epochs=2, model=model)
    run(trainer, tmp_path / "state")
    assert same(before, dict(model.resnet.state_dict().items()))


def test_training_pictures_are_changed_and_validation_pictures_are_not(prepared):
    trainer = make_trainer(prepared, policy="standard")
    seen = []
    trainer.model.register_forward_pre_hook(
        lambda _, __, inputs: seen.append(inputs["pixel_values"].clone()), with_kwargs=True
    )
    trainer.validate()
    trainer.validate()
    half = len(seen) // 2
    assert all(torch.equal(first, second) for first, second in zip(seen[:half], seen[half:], strict=True))
    seen.clear()
    trainer._train_epoch(lambda _: None)
    trainer.batches.start(0)
    stored = next(iter(trainer.train_loader))
    assert not torch.equal(seen[0], trainer.stepper.normalize(stored["pixels"].float()))


def test_a_loss_that_explodes_is_one_clear_message(prepared, tmp_path):
    trainer = make_trainer(prepared, learning_rate=1e-3)
    with torch.no_grad():
        trainer.model.classifier.weight.fill_(float("nan"))
    with pytest.raises(UserError, match=r"Lower optim\.learning_rate"):
        run(trainer, tmp_path / "checkpoint")


def test_progress_counts_every_step_once(prepared, tmp_path):
    reports = []
    run(make_trainer(prepared, epochs=2), tmp_path / "checkpoint", on_step=reports.append)
    steps = reports[0].steps
    assert [(report.epoch, report.step) for report in reports] == [(e, s) for e in (1, 2) for s in range(1, steps + 1)]
    assert all(np.isfinite(report.loss) and report.images_per_second > 0 for report in reports)


def test_a_loss_that_explodes_later_keeps_the_best_weights(prepared, tmp_path):
    kept = []
    trainer = make_trainer(prepared, epochs=4, methods=Methods(keep_epoch=kept.append))
    good = trainer.stepper.methods.loss

    def explode(logits, targets):
        return good(logits, targets) * (float("nan") if trainer.position.epoch == 2 else 1.0)

    trainer.stepper.methods = replace(trainer.stepper.methods, loss=explode)
    with pytest.raises(UserError, match=r"epoch 3: the gradient is no longer a number.* of epoch \d, the best"):
        run(trainer, tmp_path)
    assert kept == [trainer.fit.best_epoch]
    assert same(weights_of(trainer), trainer.fit.best_weights)
    assert all(torch.isfinite(tensor).all() for tensor in weights_of(trainer).values())


@pytest.mark.parametrize(
    ("monitor", "best"), [("validation_accuracy", 1), ("validation_loss", 2), ("calibrated_loss", 3)]
)
def test_what_decides_can_be_chosen(prepared, tmp_path, monitor, best):
    trainer = make_trainer(prepared, epochs=50, patience=2, monitor=monitor)
    figures = iter([(0.5, 0.6, 0.4), (0.3, 0.6, 0.5), (0.4, 0.5, 0.3), (0.7, 0.4, 0.7), (0.6, 0.5, 0.6), (0, 1, 0)])
    trainer.validate = lambda: Validation(*next(figures))
    fit = run(trainer, tmp_path)
    assert (fit.best_epoch, len(fit.history), fit.stopped_early) == (best, best + 2, True)


def test_the_wait_for_the_loader_is_measured(prepared, tmp_path):
    trainer = make_trainer(prepared, epochs=1)
    whole = trainer.train_loader

    class Slow:
        def __iter__(self):
            for batch in whole:
                time.sleep(0.2)
                yield batch

    def waited(fit):  # in seconds: a share would depend on how busy the machine is
        record = fit.history[0]
        return record.data_wait_share * len(prepared.splits["train"]) / record.images_per_second

    slept = 0.2 * trainer.batches.steps
    assert waited(run(make_trainer(prepared, epochs=1), tmp_path / "fast")) < slept
    trainer.train_loader = Slow()
    assert waited(run(trainer, tmp_path / "slow")) >= slept
