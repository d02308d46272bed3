"""How far a training has come: what displays are told, what `history.csv` holds, what travels in checkpoints."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import torch

from vitrine.config.training import Monitor


@dataclass(frozen=True)
class EpochRecord:
    """A row of `history.csv`: losses in nats, shares in [0, 1]; validation and learning rate as after the epoch.

    Attributes:
        calibrated_loss: validation loss once what the network is too sure of is taken back.
        learning_rate: the highest of all parameter groups.
        images_per_second: over all devices, of the training without the evaluation.
        data_wait_share: share of the training time that passed waiting for the loader.
        validation_seconds: of `seconds`, those of the evaluation.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    calibrated_loss: float
    learning_rate: float
    images_per_second: float
    seconds: float
    data_wait_share: float = 0.0
    validation_seconds: float = 0.0


@dataclass(frozen=True)
class StepReport:
    """What a progress display is told after a step: means over the epoch so far; steps of the epoch, and of all."""

    epoch: int
    step: int
    steps: int
    total_steps: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Listeners:
    """Who is told what while a model trains.

    Attributes:
        on_start: the key facts, before the first step; augmentation as the recipe asks for it, used or not.
        on_step: the state after each step.
        on_epoch: the record of each epoch.
        on_features: where a head's features are computed once, the pictures done and all of them.
        say: what a person should know: a batch that did not fit, a shorter plan, a damaged checkpoint.
    """

    on_start: Callable[[dict[str, Any]], None] = lambda _: None
    on_step: Callable[[StepReport], None] = lambda _: None
    on_epoch: Callable[[EpochRecord], None] = lambda _: None
    on_features: Callable[[int, int], None] = lambda _, __: None
    say: Callable[[str], None] = lambda _: None


@dataclass
class Position:
    """Where a training stands; travels in checkpoints.

    Attributes:
        epoch: the epoch that is being trained, from 0.
        step: its optimiser steps that are done.
        sums: of the epoch so far and of this process: losses, right answers, pictures.
        seconds: training time of the epoch so far.
        waited: seconds of it that passed waiting for the loader.
        micro_batches: in how many pieces each step's batch is computed.
        total_steps: optimiser steps of the whole training, as planned.
        used_seconds: time of the run before this process.
        compiled: whether the network is compiled; None: not decided.
    """

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    seconds: float = 0.0
    waited: float = 0.0
    micro_batches: int = 1
    total_steps: int = 0
    used_seconds: float = 0.0
    compiled: bool | None = None

    @classmethod
    def restore(cls, values: dict[str, Any]) -> Self:
        """From a checkpoint; `pieces` is what `micro_batches` was called once."""
        if "pieces" in values:
            values = {**values, "micro_batches": values["pieces"]}
            del values["pieces"]
        return cls(**values)

    def next_epoch(self) -> None:
        """Goes to the start of the next epoch."""
        self.epoch, self.step, self.sums, self.seconds, self.waited = self.epoch + 1, 0, [0.0, 0.0, 0.0], 0.0, 0.0


@dataclass
class Fit:
    """What the epochs have given; travels in checkpoints.

    Attributes:
        monitor: which figure of an epoch decides.
        history: one record per finished epoch.
        best_epoch: number of the best epoch, from 1; 0 before the first.
        best_weights: state dict of that epoch, on the CPU.
        stopped_early: whether patience ran out.
        out_of_time: whether the time budget ended the training before its last planned step.
    """

    monitor: Monitor = "calibrated_loss"
    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)
    stopped_early: bool = False
    out_of_time: bool = False

    @property
    def best(self) -> EpochRecord:
        """The record of the best epoch."""
        return self.history[self.best_epoch - 1]

    def score(self, record: EpochRecord) -> float:
        """The monitored figure, turned so that a lower one is better."""
        if self.monitor == "last_epoch":
            return -record.epoch
        figure: float = getattr(record, self.monitor)
        return -figure if self.monitor == "validation_accuracy" else figure

    def add(self, record: EpochRecord, patience: int, min_delta: float) -> bool:
        """Takes a finished epoch in; returns whether it is the best so far.

        Args:
            record: of the epoch.
            patience: epochs without a better one before the training stops.
            min_delta: smallest gain that counts.
        """
        better = not self.history or self.score(record) < self.score(self.best) - min_delta
        self.history.append(record)
        if better:
            self.best_epoch = record.epoch
        self.stopped_early = record.epoch - self.best_epoch >= patience
        return better

    def best_epochs(self, count: int) -> list[int]:
        """Numbers of the best epochs, the best first; of equal ones the earlier."""
        ranked = sorted(self.history, key=lambda record: (self.score(record), record.epoch))
        return [record.epoch for record in ranked[:count]]

    def state_dict(self) -> dict[str, Any]:
        """For checkpoints."""
        return {
            "history": [asdict(record) for record in self.history],
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "stopped_early": self.stopped_early,
            "out_of_time": self.out_of_time,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From checkpoints."""
        self.history = [EpochRecord(**record) for record in state["history"]]
        self.best_epoch, self.best_weights = state["best_epoch"], state["best_weights"]
        self.stopped_early, self.out_of_time = state["stopped_early"], state["out_of_time"]


def copy_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The state dict as it is now, on the CPU."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}


def mean_of(sums: list[float], number: int) -> float:
    """Mean loss (0) or share of right answers (1) from the sums of an epoch."""
    return sums[number] / sums[2] if sums[2] else math.nan
