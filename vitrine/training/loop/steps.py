"""One optimiser step: augmentation, forward and backward in as many pieces as the memory asks for, the update."""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, NoReturn

import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer
from torch import nn
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from vitrine.data.images.resizing import whiten
from vitrine.data.loading.loaders import Batch
from vitrine.errors import UserError
from vitrine.models.backbones.normalization import Normalization
from vitrine.training.loop.methods import Methods, TrainingOptions
from vitrine.training.machine.devices import choose_sum_type
from vitrine.training.machine.memory import free_memory, is_out_of_memory
from vitrine.training.machine.seeding import seed_step


class DivergedError(UserError):
    """The loss or the gradient is no longer a number."""


class Normalizer(nn.Module):
    """From pixels of 0 to 255 to the range that the network expects."""

    def __init__(
        self,
        normalization: Normalization,
        whitens: bool,
        memory_format: torch.memory_format,
        device: torch.device,
    ) -> None:
        super().__init__()
        self.whitens = whitens
        self.memory_format = memory_format
        self.mean = 255 * torch.tensor(normalization.mean, device=device).view(1, 3, 1, 1)
        self.std = 255 * torch.tensor(normalization.std, device=device).view(1, 3, 1, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Changes float pixels `[batch, 3, height, width]` in place, which takes half the time of new tensors."""
        if self.whitens:
            return whiten(pixels).contiguous(memory_format=self.memory_format)
        return pixels.sub_(self.mean).div_(self.std).contiguous(memory_format=self.memory_format)


class Stepper:
    """Takes optimiser steps.

    Args:
        accelerator: device, processes and precision.
        model: prepared by the accelerator.
        optimizer: likewise.
        normalize: from pixels to what the model expects.
        methods: loss, augmentation, mixing, average of the weights.
        options: seed and largest norm of the gradient.
        say: told of a batch that did not fit into the memory.

    Attributes:
        network: what computes the logits in training; the prepared model, or the same compiled.
        average: of the weights, updated after each step.
        epochs: that are planned; a time budget changes them.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: PreTrainedModel,
        optimizer: AcceleratedOptimizer,
        normalize: Normalizer,
        methods: Methods,
        options: TrainingOptions,
        say: Callable[[str], None],
    ) -> None:
        self.accelerator = accelerator
        self.model = model
        self.network: Any = model
        self.optimizer = optimizer
        self.normalize = normalize
        self.methods = methods
        self.seed = options.seed
        self.epochs = options.epochs
        self.max_gradient_norm = options.max_gradient_norm
        self.say = say
        self.average = methods.average(accelerator.unwrap_model(model)) if methods.average else None

    def follow_plan(self, step: int, total_steps: int, steps_per_epoch: int) -> bool:
        """Sets picture size and trained part of the next step by the plan as it is now, as the schedule sets its rate.

        Args:
            step: number of the step in the whole training.
            total_steps: that are planned.
            steps_per_epoch: of a whole epoch.

        Returns:
            Whether one of them may have changed.
        """
        before, self.epochs = self.epochs, max(1, round(total_steps / steps_per_epoch))  # half of one counts
        if self.methods.choose_trained is None or not self.methods.choose_trained(step, total_steps):
            return self.epochs != before
        self.methods.set_mode(self.accelerator.unwrap_model(self.model))
        return True

    def take(self, batch: Batch, epoch: int, step: int, size: int, micro_batches: int) -> tuple[torch.Tensor, int]:
        """One update.

        Args:
            batch: this process's share of the step's pictures.
            epoch: from 0.
            step: number of the step in the whole training.
            size: pictures of the step over all processes.
            micro_batches: in how many pieces the batch is computed; their gradients add up to that of the whole.

        Returns:
            Sum of the losses and number of right answers `[2]`, and the pieces that were needed, which are more than
            asked for when the memory did not suffice.

        Raises:
            DivergedError: the gradient is not finite (seen before the update on a CPU only).
        """
        while True:
            try:
                sums = self._add_gradients(batch, epoch, step, size, micro_batches)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._check_smaller_is_possible(len(batch["label_id"]), micro_batches)
            # Only here, outside of the handler, has the failed step let go of its tensors.
            self.optimizer.zero_grad()
            free_memory(self.accelerator.device)
            micro_batches = min(2 * micro_batches, len(batch["label_id"]))
            largest = math.ceil(len(batch["label_id"]) / micro_batches)
            self.say(
                f"out of memory: from now on each batch is computed in {micro_batches} micro-batches of up to "
                f"{largest} pictures; "
                "the gradient is that of the whole batch, batch norm sees the micro-batches"
            )
        self._update()
        return sums, micro_batches

    def _check_smaller_is_possible(self, count: int, micro_batches: int) -> None:
        advice = (
            "Lower optim.batch_size (and raise optim.accumulate to keep the pictures of a step), or data.image_size"
        )
        if micro_batches >= count:
            raise UserError(f"out of memory with a single picture. {advice}, or choose a smaller model.backbone")
        if self.accelerator.num_processes > 1:  # the other processes wait in the middle of the same step
            raise UserError(f"out of memory with {math.ceil(count / micro_batches)} pictures on a device. {advice}")

    def _add_gradients(self, batch: Batch, epoch: int, step: int, size: int, micro_batches: int) -> torch.Tensor:
        count = len(batch["label_id"])
        micro_batches = min(micro_batches, count)
        sums = torch.zeros(2, dtype=choose_sum_type(self.accelerator.device), device=self.accelerator.device)
        for micro_batch in range(micro_batches):
            # Equal but for one picture, the larger pieces first.
            start = micro_batch * (count // micro_batches) + min(micro_batch, count % micro_batches)
            end = start + count // micro_batches + (micro_batch < count % micro_batches)
            part: Batch = {
                "pixels": batch["pixels"][start:end],
                "label_id": batch["label_id"][start:end],
                "index": batch["index"][start:end],
            }
            with nullcontext() if micro_batch == micro_batches - 1 else self.accelerator.no_sync(self.model):
                seed_step(self.seed, step, self.accelerator.process_index, micro_batch)
                loss, right = self.forward(part, epoch)
                # DDP takes the mean over the processes; this makes it the mean over all pictures of the step.
                self.accelerator.backward(loss * ((end - start) * self.accelerator.num_processes / size))
            sums += torch.stack([loss.detach().to(sums.dtype) * (end - start), right.to(sums.dtype)])
        return sums

    def forward(self, batch: Batch, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of a batch with its graph, and the number of right answers."""
        pixels = self.methods.augment(batch["pixels"], batch["index"], epoch, self.epochs).float()
        targets = batch["label_id"]
        if self.methods.mix is not None:
            pixels, targets = self.methods.mix(pixels, batch["label_id"], batch["index"], epoch)
        logits = self.network(pixel_values=self.normalize(pixels)).logits
        return self.methods.loss(logits, targets), (logits.detach().argmax(-1) == batch["label_id"]).sum()

    def _update(self) -> None:
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.max_gradient_norm)
        # A CPU has nothing to wait for; reading the norm on a GPU would make it wait for Python at every step.
        if norm is not None and norm.device.type == "cpu" and not math.isfinite(norm.item()):
            self.optimizer.zero_grad()
            raise_diverged("the gradient")
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update()


def raise_diverged(what: str) -> NoReturn:
    """Ends a training that cannot be saved.

    Raises:
        DivergedError: always.
    """
    raise DivergedError(
        f"{what} is no longer a number. Lower optim.learning_rate (a tenth is a good try), raise "
        "optim.warmup_fraction, or set engine.precision=fp32"
    )


def prefetch(loader: DataLoader[Batch], device: torch.device) -> Iterator[Batch]:
    """The batches on the device; beside a GPU each is sent while the one before it is worked on."""
    if device.type == "cpu":
        yield from loader
        return
    waiting: Batch | None = None
    for batch in loader:
        sent: Batch = {
            "pixels": batch["pixels"].to(device, non_blocking=True),
            "label_id": batch["label_id"].to(device, non_blocking=True),
            "index": batch["index"],  # random numbers are drawn on the CPU
        }
        if waiting is not None:
            yield waiting
        waiting = sent
    if waiting is not None:
        yield waiting
