"""What a training is told, and what it can be made of besides network, data and optimiser."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import datasets
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from torch.optim import Optimizer
from torch.utils.data import Sampler
from transformers import PreTrainedModel

from vitrine.config.training import Monitor
from vitrine.data.loading.loaders import StepBatches
from vitrine.data.loading.shard_batches import ShardBatches
from vitrine.data.prepared.training_files import TrainingFiles
from vitrine.models.backbones.normalization import Normalization
from vitrine.models.backbones.stages import set_training_mode
from vitrine.training.loop.budget import Budget
from vitrine.training.loop.progress import Fit
from vitrine.training.optim.optimizer import build_schedule


@dataclass(frozen=True)
class TrainingData:
    """The pictures of a training, and how the network wants their colours.

    Attributes:
        train: split of a prepared data set.
        validation: likewise.
        normalization: that of the network's weights.
        files: that the training pictures are in, where they are streamed.
        sample: some of them that are on this machine; None: all are.
    """

    train: datasets.Dataset
    validation: datasets.Dataset
    normalization: Normalization
    files: TrainingFiles | None = None
    sample: datasets.Dataset | None = None

    @property
    def training_sample(self) -> datasets.Dataset:
        """The training pictures for what looks at a part of them in no order."""
        return self.train if self.sample is None else self.sample


@dataclass(frozen=True)
class TrainingOptions:
    """What the loop needs to know besides model, data and optimiser; names and units as in the recipe.

    Attributes:
        batch_size: pictures of a batch on each device.
        accumulate: batches of a step.
    """

    epochs: int
    seed: int
    batch_size: int
    patience: int
    accumulate: int = 1
    max_gradient_norm: float = 1.0
    monitor: Monitor = "calibrated_loss"
    min_delta: float = 0.0
    top: int = 0
    whitens: bool = False
    workers: int = 0
    checkpoint_minutes: float = 5.0
    compile: Literal["auto", "on", "off"] = "off"
    sync_batch_norm: bool = True


class Schedule(Protocol):
    """Sets the learning rates of an optimiser; torch's schedulers fit."""

    def step(self) -> None:
        """After every optimiser step."""

    def end_epoch(self, validation_loss: float) -> None:
        """After every evaluation."""

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From checkpoints."""


class WeightAverage(Protocol):
    """A moving average of the weights, which is evaluated and kept in place of the raw ones."""

    def update(self) -> None:
        """After every optimiser step."""

    def applied(self) -> AbstractContextManager[None]:
        """The averaged weights stand in the model while it is open."""

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From checkpoints."""


def _warm_up_and_anneal(optimizer: Optimizer, steps: int) -> Schedule:
    return build_schedule(optimizer, steps, warmup_fraction=0.1)


def _as_they_are(pixels: torch.Tensor, _: torch.Tensor, __: int, ___: int) -> torch.Tensor:
    return pixels.float()


@dataclass(frozen=True)
class Methods:
    """The changeable parts of a training.

    Attributes:
        loss: `(logits [batch, labels], targets) -> scalar`, the mean over the pictures; targets are label ids
            `[batch]`, or shares `[batch, labels]` where `mix` gives them.
        schedule: `(optimizer, steps of the whole training) -> schedule`.
        augment: `(pixels uint8 [batch, 3, height, width], indices [batch] on the CPU, epoch, epochs) -> pixels`, 0 to
            255; `epochs` are those that are planned, which a time budget changes.
        mix: `(pixels, label_ids, indices, epoch) -> (pixels, targets)`, after `augment`: mixup, CutMix.
        sampler: order of the training pictures; None: all of them, shuffled anew in each epoch by the seed.
        batches: `(pictures of a step, processes, this process)` -> what this process takes of every step, where that is
            not an equal share of the sampler's order.
        average: makes an average of the weights of a model that is on its device.
        set_mode: puts the parts of the model into training or evaluation mode before each epoch.
        choose_trained: told before each step how many are done, and how many are planned in all; may change which
            parameters are trainable, and returns whether it did. It depends on nothing else, so that a resumed training
            goes on exactly. All that ever will be trainable must be so when the `Trainer` is made.
        keep_epoch: `(epoch, from 1)`: writes the model as it is now; None: only the best weights are kept, in memory.
        drop_epoch: removes what `keep_epoch` wrote.
        budget: of time, into which the training is made to fit; None: no limit.
    """

    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = F.cross_entropy
    schedule: Callable[[Optimizer, int], Schedule] = _warm_up_and_anneal
    augment: Callable[[torch.Tensor, torch.Tensor, int, int], torch.Tensor] = _as_they_are
    mix: Callable[[torch.Tensor, torch.Tensor, torch.Tensor, int], tuple[torch.Tensor, torch.Tensor]] | None = None
    sampler: Sampler[int] | None = None
    batches: Callable[[int, int, int], StepBatches | ShardBatches] | None = None
    average: Callable[[PreTrainedModel], WeightAverage] | None = None
    set_mode: Callable[[PreTrainedModel], None] = set_training_mode
    choose_trained: Callable[[int, int], bool] | None = None
    keep_epoch: Callable[[int], None] | None = None
    drop_epoch: Callable[[int], None] = lambda _: None
    budget: Budget | None = None

    def keep_last_good(self, fit: Fit, model: PreTrainedModel, is_main_process: bool) -> str:
        """After a divergence: keeps the best weights so far; says where to find them."""
        if not fit.history or self.keep_epoch is None:
            return ""
        model.load_state_dict(fit.best_weights)
        if is_main_process:
            self.keep_epoch(fit.best_epoch)
        return f". The weights of epoch {fit.best_epoch}, the best so far, are kept among the run's checkpoints"

    def keep_top(self, fit: Fit, count: int) -> None:
        """Keeps the model as it is after the last epoch if that is among the best, and removes what it pushes out."""
        if count == 0 or self.keep_epoch is None:
            return
        top, last = fit.best_epochs(count), len(fit.history)
        if last in top:
            self.keep_epoch(last)
        for epoch in range(1, last):
            if epoch not in top:
                self.drop_epoch(epoch)
