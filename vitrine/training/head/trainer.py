"""The head of a frozen backbone, trained on features that were computed once: an epoch takes milliseconds."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 (torch's own name for it)
from torch.optim import Optimizer
from transformers import PreTrainedModel

from vitrine.config.training import Monitor
from vitrine.errors import UserError
from vitrine.models.backbones.build import head_modules
from vitrine.training.head.features import HeadInputs
from vitrine.training.loop.progress import EpochRecord, Fit, copy_weights
from vitrine.training.loop.validation import Validation
from vitrine.training.machine.seeding import seed_step
from vitrine.training.optim.optimizer import Schedule

# (logits [batch, labels], label ids [batch]) -> mean loss
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

# Multiplications in a step from which on a second thread of a CPU helps. In smaller steps threads mostly wait for each
# other: beside another program that computes, 240 steps of 160,000 took 18 s with two threads and 0.2 s with one.
WORTH_THREADS = 20_000_000


@dataclass(frozen=True)
class HeadOptions:
    """What the training of a head needs to know besides features and optimiser; names and units as in the recipe.

    Attributes:
        top: how many of the best epochs are kept.
    """

    epochs: int
    seed: int
    batch_size: int
    max_gradient_norm: float
    patience: int
    min_delta: float
    monitor: Monitor = "calibrated_loss"
    top: int = 0


@dataclass(frozen=True)
class _Pictures:
    features: torch.Tensor
    label_ids: torch.Tensor


def fit_head_on_features(
    model: PreTrainedModel,
    inputs: HeadInputs,
    optimizer: Optimizer,
    schedule: Schedule,
    options: HeadOptions,
    loss: Loss = F.cross_entropy,
    on_epoch: Callable[[EpochRecord], None] = lambda _: None,
    keep_epoch: Callable[[int], None] = lambda _: None,
) -> Fit:
    """Trains the head as the ordinary loop would, and leaves the weights of the best epoch in the model.

    Order, batches and dropout of a seed are those of the ordinary loop, so where the features are too (as many views
    as epochs, or no augmentation; training pictures of the size of use), both give the same head but for rounding. A
    run that is resumed starts this part again: it takes seconds and gives the same numbers.

    Args:
        model: with a frozen backbone; only its head is used and changed.
        inputs: what the head receives; epoch e sees view e, and the first one again after the last.
        optimizer: of the head's parameters.
        schedule: stepped after every update, `options.epochs` times the batches of an epoch.
        options: epochs, batch size and when to stop.
        loss: of a training batch; the validation loss is the plain cross-entropy.
        on_epoch: called after every epoch; speeds are those of the head alone.
        keep_epoch: told the number of each of the `options.top` best epochs, in the end, while the model is as it was
            after it. To write whole models in between would take longer than the epochs.

    Raises:
        UserError: the loss is no longer a number.
    """
    trainer = _HeadTrainer(model, nn.Sequential(*head_modules(model)), optimizer, schedule, options, loss)
    views = [_place(view, inputs.train_label_ids, model.device) for view in inputs.train]
    validation = _place(inputs.validation, inputs.validation_label_ids, model.device)
    with trainer.threads():
        return _fit(trainer, views, validation, on_epoch, keep_epoch)


def repeat_fit(
    model: PreTrainedModel,
    views: np.ndarray,
    label_ids: np.ndarray,
    optimizer: Optimizer,
    schedule: Schedule,
    options: HeadOptions,
    history: Sequence[EpochRecord],
    loss: Loss = F.cross_entropy,
) -> None:
    """Trains the head on other pictures for as many epochs as an earlier fit had, at the same learning rates.

    No picture is left to choose an epoch by, and none is needed: the earlier fit has chosen.

    Args:
        model: as for `fit_head_on_features`; its head is left as the last epoch makes it.
        views: what the head receives, `[views, pictures, width]`.
        label_ids: `[pictures]`.
        optimizer: of the head's parameters.
        schedule: of these pictures; stepped after every update, and told the validation losses of `history`.
        options: epochs, batch size and seed.
        history: of the earlier fit, up to the epoch that was kept.
        loss: of a training batch.

    Raises:
        UserError: the loss is no longer a number.
    """
    trainer = _HeadTrainer(model, nn.Sequential(*head_modules(model)), optimizer, schedule, options, loss)
    placed = [_place(view, label_ids, model.device) for view in views]
    with trainer.threads():
        for epoch, record in enumerate(history):
            trainer.train_epoch(placed[epoch % len(placed)], epoch)
            schedule.end_epoch(record.validation_loss)


@dataclass(frozen=True)
class _HeadTrainer:
    model: PreTrainedModel
    head: nn.Sequential
    optimizer: Optimizer
    schedule: Schedule
    options: HeadOptions
    loss: Loss

    @contextmanager
    def threads(self) -> Iterator[None]:
        """One thread for small steps on a CPU; the number is back to what it was afterwards."""
        before = torch.get_num_threads()
        work = self.options.batch_size * sum(parameter.numel() for parameter in self.head.parameters())
        if self.model.device.type == "cpu" and work < WORTH_THREADS:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def train_epoch(self, pictures: _Pictures, epoch: int) -> tuple[float, float]:
        """Returns the mean loss and the accuracy; order, batch sizes and seeds as in the ordinary loop."""
        options, count = self.options, len(pictures.label_ids)
        steps = math.ceil(count / options.batch_size)
        order = torch.from_numpy(np.random.default_rng((options.seed, epoch)).permutation(count))
        sums = torch.zeros(2, device=pictures.features.device)  # read once: a GPU would wait for Python at every step
        self.head.train()
        for step, rows in enumerate(order.to(sums.device).tensor_split(steps)):
            seed_step(options.seed, epoch * steps + step, 0)
            sums += self._train_step(pictures.features[rows], pictures.label_ids[rows])
        total_loss, right = sums.tolist()
        if not math.isfinite(total_loss):
            raise UserError(
                f"the training loss is no longer a number (epoch {epoch + 1}). Lower optim.learning_rate, "
                "or set engine.precision=fp32"
            )
        return total_loss / count, right / count

    def _train_step(self, features: torch.Tensor, label_ids: torch.Tensor) -> torch.Tensor:
        """Returns the sum of the losses and the number of right answers, `[2]`."""
        logits = self.head(features)
        value = self.loss(logits, label_ids)
        value.backward()
        nn.utils.clip_grad_norm_(list(self.head.parameters()), self.options.max_gradient_norm)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        return torch.stack([value.detach() * len(label_ids), (logits.detach().argmax(-1) == label_ids).sum()])

    @torch.inference_mode()
    def validate(self, pictures: _Pictures) -> Validation:
        self.head.eval()
        logits = self.head(pictures.features).float().cpu().numpy()
        return Validation.from_logits(logits, pictures.label_ids.cpu().numpy())


def _fit(
    trainer: _HeadTrainer,
    views: list[_Pictures],
    validation: _Pictures,
    on_epoch: Callable[[EpochRecord], None],
    keep_epoch: Callable[[int], None],
) -> Fit:
    model, head, schedule, options = trainer.model, trainer.head, trainer.schedule, trainer.options
    fit = Fit(options.monitor)
    kept: dict[int, dict[str, torch.Tensor]] = {}  # of the best epochs so far, by their number
    while len(fit.history) < options.epochs and not fit.stopped_early:
        epoch = len(fit.history)
        start = time.perf_counter()
        train_loss, train_accuracy = trainer.train_epoch(views[epoch % len(views)], epoch)
        seconds = time.perf_counter() - start
        validated = trainer.validate(validation)
        both = time.perf_counter() - start
        record = EpochRecord(
            epoch=epoch + 1,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            validation_loss=validated.loss,
            validation_accuracy=validated.accuracy,
            calibrated_loss=validated.calibrated_loss,
            learning_rate=float(schedule.get_last_lr()[0]),
            images_per_second=len(views[0].label_ids) / seconds,
            seconds=both,
            validation_seconds=both - seconds,
        )
        schedule.end_epoch(validated.loss)
        fit.add(record, options.patience, options.min_delta)
        wanted = {fit.best_epoch, *fit.best_epochs(options.top)}
        if record.epoch in wanted:
            kept[record.epoch] = {name: tensor.detach().clone() for name, tensor in head.state_dict().items()}
            kept = {number: weights for number, weights in kept.items() if number in wanted}
        on_epoch(record)
    for number in fit.best_epochs(options.top):
        head.load_state_dict(kept[number])
        keep_epoch(number)
    head.load_state_dict(kept[fit.best_epoch])
    fit.best_weights = copy_weights(model)
    return fit


def _place(features: np.ndarray, label_ids: np.ndarray, device: torch.device) -> _Pictures:
    return _Pictures(torch.from_numpy(features).to(device), torch.from_numpy(label_ids).to(device))
