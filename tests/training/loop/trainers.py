"""Trainers of a tiny network, and what their weights are compared by."""

from dataclasses import replace

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.small_cnn import SmallCnnConfig, SmallCnnForImageClassification
from vitrine.training.loop.checkpoints import Checkpoints
from vitrine.training.loop.methods import Methods, TrainingData, TrainingOptions
from vitrine.training.loop.trainer import Trainer
from vitrine.training.machine.seeding import seed_everything
from vitrine.training.optim.optimizer import build_optimizer


def make_trainer(
    prepared, *, seed=0, epochs=3, learning_rate=0.01, policy="light", model=None, rows=None, methods=None, **options
):
    AcceleratorState._reset_state()
    seed_everything(seed)
    model = model or build_small_cnn(prepared.label_names, (8, 16), 1, dropout=0.2)
    train = prepared.splits[TRAIN] if rows is None else prepared.splits[TRAIN].select(rows)
    optimizer = build_optimizer(model, "adamw", learning_rate, 0.01, 0.9)

    def change(pixels, indices, epoch, epochs):
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


def make_small(prepared):
    torch.manual_seed(0)
    labels = dict(enumerate(prepared.label_names))
    return SmallCnnForImageClassification(SmallCnnConfig(filters=[8, 16], dropout=0.0, id2label=labels))


def frozen_statistics(model):
    model.eval()


def close(first, second):
    return all(torch.allclose(first[name], second[name], atol=1e-4) for name in first)
