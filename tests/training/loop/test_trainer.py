from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from tests.factories import prepare, write_colored_classes, write_tiny_resnet
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.manifest.split import TRAIN, VALIDATION
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.backbones.stages import set_trainable
from vitrine.training.loop.checkpoints import Checkpoints
from vitrine.training.loop.methods import Methods, TrainingData, TrainingOptions
from vitrine.training.loop.trainer import Trainer
from vitrine.training.loop.validation import Validation
from vitrine.training.machine.seeding import seed_everything
from vitrine.training.optim.optimizer import build_optimizer


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loop")
    return prepare(write_colored_classes(folder / "source"), folder / "prepared")


def make_trainer(
    prepared, *, seed=0, epochs=3, learning_rate=0.01, policy="light", model=None, rows=None, methods=None, **options
):
    AcceleratorState._reset_state()
    seed_everything(seed)
    model = model or build_small_cnn(prepared.label_names, (8, 16), 1, dropout=0.2)
    train = prepared.splits[TRAIN] if rows is None else prepared.splits[TRAIN].select(rows)
    optimizer = build_optimizer(model, "adamw", learning_rate, 0.01, 0.9)

    def change(pixels, indices, epoch):
        return augment(pixels.float(), draw_numbers(seed, epoch, indices.tolist()), policy, policy != "none")

    return Trainer(
        Accelerator(cpu=True),
        model,
        TrainingData(train, prepared.splits[VALIDATION], CENTERED),
        optimizer,
        TrainingOptions(**{"epochs": epochs, "seed": seed, "batch_size": 16, "patience": 100} | options),
        replace(methods or Methods(), augment=change),
    )


def run(trainer, folder, **listeners):
    return trainer.run(Checkpoints(folder, {"optim.learning_rate": "0.01"}), **listeners)


def weights_of(trainer):
    return {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


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
