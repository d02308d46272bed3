"""The training loop, in Accelerate's order and words: epochs, early stopping, best weights, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from vitrine.data.augmentation import PolicyName, augment, draw_numbers
from vitrine.data.loaders import Batch
from vitrine.data.squares import whiten
from vitrine.errors import UserError
from vitrine.models.backbones import Normalisation, choose_memory_format, train_head_only
from vitrine.records.atomic import new_folder
from vitrine.training.seeding import seed_step


@dataclass(frozen=True)
class EpochRecord:
    """A row of `history.csv`: losses in nats, shares in [0, 1]; validation and learning rate as after the epoch."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float


@dataclass
class Fit:
    """How far a training has come; travels in checkpoints.

    Attributes:
        history: one record per finished epoch.
        best_epoch: epoch of the lowest validation loss, from 1; 0 before the first.
        best_weights: state dict of that epoch, on the CPU.
        stopped_early: whether patience ran out.
    """

    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)
    stopped_early: bool = False

    @property
    def best(self) -> EpochRecord:
        """The record of the best epoch."""
        return self.history[self.best_epoch - 1]

    def state_dict(self) -> dict[str, Any]:
        """For Accelerate's checkpoints."""
        return {
            "history": [asdict(record) for record in self.history],
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "stopped_early": self.stopped_early,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From Accelerate's checkpoints."""
        self.history = [EpochRecord(**record) for record in state["history"]]
        self.best_epoch, self.best_weights = state["best_epoch"], state["best_weights"]
        self.stopped_early = state["stopped_early"]


@dataclass(frozen=True)
class TrainingOptions:
    """What the loop needs to know besides model, data and optimiser; names and units as in the recipe."""

    epochs: int
    seed: int
    head_only: bool
    policy: PolicyName
    horizontal_flip: bool
    label_smoothing: float
    max_gradient_norm: float
    patience: int
    min_delta: float
    whitens: bool = False
    image_size: int | None = None


@dataclass(frozen=True)
class StepReport:
    """What a progress display is told after a step: means over the epoch so far."""

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    images_per_second: float


class Trainer:
    """Fits a model to a training split; the validation split decides when to stop and which weights to keep."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: PreTrainedModel,
        normalisation: Normalisation,
        train_loader: DataLoader[Batch],
        validation_loader: DataLoader[Batch],
        optimizer: Optimizer,
        schedule: LambdaLR,
        options: TrainingOptions,
    ) -> None:
        self.accelerator = accelerator
        self.options = options
        self.fit = Fit()
        self.schedule = schedule  # not prepared: Accelerate would step it once for every process
        self.model, self.optimizer, self.train_loader, self.validation_loader = accelerator.prepare(
            model, optimizer, train_loader, validation_loader
        )
        self.normalise = Normaliser(normalisation, options.whitens, choose_memory_format(model), accelerator.device)
        accelerator.register_for_checkpointing(schedule, self.fit)

    def run(
        self,
        checkpoint: Path,
        on_step: Callable[[StepReport], None] = lambda _: None,
        on_epoch: Callable[[EpochRecord], None] = lambda _: None,
    ) -> Fit:
        """Trains to the end or to the early stop, and leaves the best weights in the model.

        Args:
            checkpoint: folder that holds the state after the last epoch; training goes on from it where it exists.
            on_step: called after every step.
            on_epoch: called after every epoch.
        """
        if checkpoint.exists():
            self.accelerator.load_state(str(checkpoint))
        while len(self.fit.history) < self.options.epochs and not self.fit.stopped_early:
            record = self._run_epoch(len(self.fit.history), on_step)
            self._keep_best(record)
            on_epoch(record)
            self._save(checkpoint)
        self.accelerator.unwrap_model(self.model).load_state_dict(self.fit.best_weights)
        return self.fit

    def _run_epoch(self, epoch: int, on_step: Callable[[StepReport], None]) -> EpochRecord:
        start = time.perf_counter()
        loss, accuracy, images_per_second = self._train_epoch(epoch, on_step)
        learning_rate = float(self.schedule.get_last_lr()[0])
        validation_loss, validation_accuracy = self.validate()
        return EpochRecord(
            epoch + 1,
            loss,
            accuracy,
            validation_loss,
            validation_accuracy,
            learning_rate,
            images_per_second,
            time.perf_counter() - start,
        )

    def _train_epoch(self, epoch: int, on_step: Callable[[StepReport], None]) -> tuple[float, float, float]:
        """Returns the mean loss, accuracy and pictures per second of the epoch."""
        self._set_training_mode()
        self.train_loader.set_epoch(epoch)
        start = time.perf_counter()
        # Sums stay on the device: reading them at every step would make a GPU wait for Python.
        sums = torch.zeros(3, device=self.accelerator.device)
        steps = len(self.train_loader)
        for step, batch in enumerate(self.train_loader):
            seed_step(self.options.seed, epoch * steps + step, self.accelerator.process_index)
            loss, right = self._train_step(batch, epoch)
            count = len(batch["label_id"])
            sums += torch.stack([loss * count, right, torch.full_like(right, count)])
            # A CPU has nothing to wait for, and the person sees every step.
            if self.accelerator.device.type == "cpu" or step % 10 == 9 or step == steps - 1:
                total_loss, total_right, total = sums.tolist()
                speed = total * self.accelerator.num_processes / (time.perf_counter() - start)
                on_step(StepReport(epoch + 1, step + 1, steps, total_loss / total, total_right / total, speed))
        total_loss, total_right, total = self.accelerator.reduce(sums).tolist()
        if not math.isfinite(total_loss):
            raise UserError(
                f"the training loss is no longer a number (epoch {epoch + 1}). Lower optim.learning_rate, "
                "or set engine.precision=fp32"
            )
        return total_loss / total, total_right / total, total / (time.perf_counter() - start)

    def _train_step(self, batch: Batch, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """One update; returns the batch's mean loss and its number of right answers."""
        with self.accelerator.accumulate(self.model):
            numbers = draw_numbers(self.options.seed, epoch, batch["index"].tolist())
            chosen = self.options
            pixels = augment(batch["pixels"].float(), numbers, chosen.policy, chosen.horizontal_flip, chosen.image_size)
            logits = self.model(pixel_values=self.normalise(pixels)).logits
            loss = F.cross_entropy(logits, batch["label_id"], label_smoothing=self.options.label_smoothing)
            self.accelerator.backward(loss)
            if self.accelerator.sync_gradients:
                self.accelerator.clip_grad_norm_(self.model.parameters(), self.options.max_gradient_norm)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad()
        return loss.detach(), (logits.detach().argmax(-1) == batch["label_id"]).sum().float()

    @torch.no_grad()
    def validate(self) -> tuple[float, float]:
        """Mean cross-entropy in nats and accuracy on the validation split."""
        self.model.eval()
        losses, right = [], []
        for batch in self.validation_loader:
            logits = self.model(pixel_values=self.normalise(batch["pixels"].float())).logits
            logits, label_ids = self.accelerator.gather_for_metrics((logits, batch["label_id"]))
            losses.append(F.cross_entropy(logits.float(), label_ids, reduction="none"))
            right.append(logits.argmax(-1) == label_ids)
        return torch.cat(losses).mean().item(), torch.cat(right).float().mean().item()

    def _set_training_mode(self) -> None:
        self.model.train()
        if self.options.head_only:
            train_head_only(self.accelerator.unwrap_model(self.model))

    def _keep_best(self, record: EpochRecord) -> None:
        first = not self.fit.history
        self.fit.history.append(record)
        if first or record.validation_loss < self.fit.best.validation_loss - self.options.min_delta:
            self.fit.best_epoch = record.epoch
            weights = self.accelerator.unwrap_model(self.model).state_dict()
            self.fit.best_weights = {name: tensor.detach().to("cpu", copy=True) for name, tensor in weights.items()}
        self.fit.stopped_early = record.epoch - self.fit.best_epoch >= self.options.patience

    def _save(self, checkpoint: Path) -> None:
        """Replaces the checkpoint; the last good one stays until the new one is complete."""
        with new_folder(checkpoint, replace=True) as temporary:
            self.accelerator.save_state(str(temporary))


class Normaliser(nn.Module):
    """From pixels of 0 to 255 to the range that the network expects."""

    def __init__(
        self,
        normalisation: Normalisation,
        whitens: bool,
        memory_format: torch.memory_format,
        device: torch.device,
    ) -> None:
        super().__init__()
        self.whitens = whitens
        self.memory_format = memory_format
        self.mean = 255 * torch.tensor(normalisation.mean, device=device).view(1, 3, 1, 1)
        self.std = 255 * torch.tensor(normalisation.std, device=device).view(1, 3, 1, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Changes float pixels `[batch, 3, height, width]` in place, which takes half the time of new tensors."""
        if self.whitens:
            return whiten(pixels).contiguous(memory_format=self.memory_format)
        return pixels.sub_(self.mean).div_(self.std).contiguous(memory_format=self.memory_format)
