"""The training loop: epochs, early stopping, best weights, checkpoints from which it goes on exactly."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from accelerate import Accelerator
from torch.optim import Optimizer
from transformers import PreTrainedModel

from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_shard_loader, build_step_loader
from vitrine.errors import UserError
from vitrine.models.backbones.build import choose_memory_format
from vitrine.training.loop.budget import describe_plan
from vitrine.training.loop.checkpoints import Checkpoints
from vitrine.training.loop.methods import Methods, TrainingData, TrainingOptions
from vitrine.training.loop.pace import Pace, replan
from vitrine.training.loop.progress import EpochRecord, Fit, Position, StepReport, copy_weights, mean_of
from vitrine.training.loop.steps import DivergedError, Normalizer, Stepper, prefetch, raise_diverged
from vitrine.training.loop.validation import Validation, validate
from vitrine.training.machine.compiling import choose_network
from vitrine.training.machine.devices import choose_sum_type
from vitrine.training.machine.interrupts import StopRequest
from vitrine.training.machine.processes import add_up, as_main_says, has_unused, share_buffers, synchronize_batch_norm

# A GPU works ahead of Python; it is only asked for figures now and then, since each question makes it wait.
GPU_STEPS_BETWEEN_REPORTS = 10


class Trainer:
    """Fits a model to a training split; the validation split decides when to stop and which weights to keep.

    Args:
        accelerator: device, processes and precision.
        model: to be trained.
        data: pictures for training and validation.
        optimizer: of the model's parameters.
        options: epochs, batches, when to stop.
        methods: what the training is made of besides; None takes what is usual.
        say: told what a person should know.

    Raises:
        UserError: there are fewer training pictures than processes.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: PreTrainedModel,
        data: TrainingData,
        optimizer: Optimizer,
        options: TrainingOptions,
        methods: Methods | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.accelerator = accelerator
        self.options = options
        self.methods = methods or Methods()
        self.say = say
        self.fit = Fit(options.monitor)
        self.stop = StopRequest()
        processes, process = accelerator.num_processes, accelerator.process_index
        order = self.methods.sampler or EpochSampler(len(data.train), options.seed)
        deal = self.methods.batches or partial(StepBatches, order)
        self.batches = deal(options.batch_size * options.accumulate * processes, processes, process)
        if self.batches.size(self.batches.steps - 1) < processes:
            raise UserError(f"there are {len(data.train)} training pictures, too few for {processes} devices")
        self.train_loader = build_step_loader(data.train, self.batches, options.workers, data.files)
        self.validation_loader = build_shard_loader(
            data.validation, options.batch_size, options.workers, processes, process
        )
        if options.sync_batch_norm and processes > 1:
            model = synchronize_batch_norm(model, accelerator.device)
        self.build_schedule = partial(self.methods.schedule, optimizer)
        self.plain_optimizer = optimizer
        # Loader and schedule are not prepared: Accelerate would repeat pictures to fill the last batch, and step the
        # schedule once for every process.
        if accelerator.ddp_handler is not None:  # what is frozen at first, or unused, gives no gradient to wait for
            accelerator.ddp_handler.find_unused_parameters = self.methods.choose_trained is not None or (
                processes > 1 and has_unused(model, data.validation)
            )
        self.model, self.optimizer = accelerator.prepare(model, optimizer)
        self.plain_model: PreTrainedModel = accelerator.unwrap_model(self.model)
        normalize = Normalizer(data.normalization, options.whitens, choose_memory_format(model), accelerator.device)
        self.stepper = Stepper(accelerator, self.model, self.optimizer, normalize, self.methods, options, say)
        self.position = Position(micro_batches=options.accumulate, total_steps=options.epochs * self.batches.steps)
        self.schedule = self.build_schedule(self.position.total_steps)
        self.sums = torch.zeros(3, dtype=choose_sum_type(accelerator.device), device=accelerator.device)
        self.pace = Pace(accelerator, self.methods.budget, self.position.total_steps, self.batches, say)
        self.checkpoints: Checkpoints | None = None
        self.saved = time.monotonic()
        self.mark = time.perf_counter()  # up to where the training time is counted

    @property
    def steps_done(self) -> int:
        """Optimiser steps of the whole training so far."""
        return self.position.epoch * self.batches.steps + self.position.step

    def run(
        self,
        checkpoints: Checkpoints,
        on_step: Callable[[StepReport], None] = lambda _: None,
        on_epoch: Callable[[EpochRecord], None] = lambda _: None,
    ) -> Fit:
        """Trains to the end or to the early stop, and leaves the best weights in the model.

        Args:
            checkpoints: training goes on from the newest sound one where there are any.
            on_step: called after every step (on a GPU after every tenth).
            on_epoch: called after every epoch.

        Raises:
            KeyboardInterrupt: Ctrl-C or SIGTERM came; the step was finished and saved.
            DivergedError: loss or gradient are no longer numbers.
        """
        self.checkpoints = checkpoints
        self._resume(checkpoints)
        with self.stop.listening():
            while not self._is_done():
                try:
                    self._train_epoch(on_step)
                    record = self._finish_epoch()
                except DivergedError as error:
                    kept = self.methods.keep_last_good(self.fit, self.plain_model, self.accelerator.is_main_process)
                    raise UserError(f"epoch {self.position.epoch + 1}: {error}{kept}") from error
                on_epoch(record)
                self.position.next_epoch()
                self._save()
                if add_up(self.accelerator, [float(self.stop.received)])[0]:
                    raise KeyboardInterrupt
        self.plain_model.load_state_dict(self.fit.best_weights)
        return self.fit

    def _is_done(self) -> bool:
        if self.position.step > 0:  # its evaluation is still to come
            return False
        finished = len(self.fit.history) >= self.options.epochs or self.steps_done >= self.position.total_steps
        return finished or self.fit.stopped_early or self.fit.out_of_time

    def _train_epoch(self, on_step: Callable[[StepReport], None]) -> None:
        """Trains from where the position says to the end of the epoch, or to the last planned step."""
        position = self.position
        self._start_epoch(position.epoch)
        self.sums = torch.tensor(position.sums, dtype=self.sums.dtype, device=self.accelerator.device)
        self.batches.start(position.epoch, position.step)
        loader = prefetch(self.train_loader, self.accelerator.device)
        self.pace.start_epoch(self.steps_done)
        self.mark = time.perf_counter()
        while position.step < self._last_step() and not self.fit.out_of_time:
            before = time.perf_counter()
            try:
                batch = next(loader)
            except (UserError, OSError):  # a store or a disk failed
                if self.accelerator.num_processes == 1:  # others would have to take part, and may not come here
                    position.sums = self.sums.tolist()
                    self._save()
                raise
            position.waited += time.perf_counter() - before
            if self.stepper.follow_plan(self.steps_done, position.total_steps, self.batches.steps):
                self.pace.expect_change()
            size = self.batches.size(position.step)
            sums, position.micro_batches = self.stepper.take(
                batch, position.epoch, self.steps_done, size, position.micro_batches
            )
            self.sums += torch.cat([sums, torch.full_like(sums[:1], len(batch["label_id"]))])
            self.schedule.step()
            position.step += 1
            if self._is_due():
                before, self.mark = self.mark, time.perf_counter()
                position.seconds += self.mark - before
                self._look_up(on_step)
        position.sums = self.sums.tolist()

    def _last_step(self) -> int:
        return min(self.batches.steps, self.position.total_steps - self.position.epoch * self.batches.steps)

    def _is_due(self) -> bool:
        """Whether figures are read after this step."""
        step, device = self.position.step, self.accelerator.device.type
        return device == "cpu" or step % GPU_STEPS_BETWEEN_REPORTS == 0 or step >= self._last_step()

    def _look_up(self, on_step: Callable[[StepReport], None]) -> None:
        """Reads the figures, reports them, and decides with the other processes how to go on."""
        position, processes = self.position, self.accelerator.num_processes
        position.sums = self.sums.tolist()
        if not math.isfinite(position.sums[0]):
            raise_diverged("the loss")
        loss, accuracy = mean_of(position.sums, 0), mean_of(position.sums, 1)
        speed = position.sums[2] * processes / max(position.seconds, 1e-9)
        steps = position.step, self.batches.steps, position.total_steps
        on_step(StepReport(position.epoch + 1, *steps, loss, accuracy, speed))
        self._plan()
        save_due = time.monotonic() - self.saved >= 60 * self.options.checkpoint_minutes
        by_clock = [float(save_due), float(self.pace.is_over())] if self.accelerator.is_main_process else [0.0, 0.0]
        stop, save, over = add_up(self.accelerator, [float(self.stop.received), *by_clock])
        self.fit.out_of_time = over > 0
        if save or stop:
            self._save()
        if stop:
            raise KeyboardInterrupt

    def _plan(self) -> None:
        """Shortens the training where the time budget asks for it; the schedule then ends with the last step."""
        total = self.pace.plan(self.steps_done, self.position)
        if total is None:
            return
        self.position.total_steps = total
        self.schedule = replan(self.schedule, self.build_schedule, self.plain_optimizer, self.steps_done, total)
        self.say(describe_plan(total, self.batches.steps, self.options.epochs))

    def _start_epoch(self, epoch: int) -> None:
        self.methods.set_mode(self.plain_model)
        self.stepper.follow_plan(self.steps_done, self.position.total_steps, self.batches.steps)
        position, options = self.position, self.options
        if self.stepper.network is not self.model or options.compile == "off" or position.compiled is False:
            return
        self.batches.start(epoch)
        batches, steps = prefetch(self.train_loader, self.accelerator.device), position.total_steps - self.steps_done
        self.stepper.network, position.compiled = choose_network(
            self.stepper, options.compile, position.compiled, batches, epoch, steps
        )

    def _finish_epoch(self) -> EpochRecord:
        """Evaluates, and keeps the weights if they are the best."""
        position = self.position
        start = time.perf_counter()
        loss, right, pictures, waited, seconds = add_up(
            self.accelerator, [*position.sums, position.waited, position.seconds]
        )
        learning_rate = max(group["lr"] for group in self.plain_optimizer.param_groups)
        share_buffers(self.accelerator, self.plain_model)
        average = self.stepper.average
        with average.applied() if average is not None else nullcontext():
            validation = self.validate()
            validation_seconds = time.perf_counter() - start
            self.pace.validated(validation_seconds)
            record = EpochRecord(
                position.epoch + 1,
                loss / pictures,
                right / pictures,
                validation.loss,
                validation.accuracy,
                validation.calibrated_loss,
                float(learning_rate),
                images_per_second=pictures * self.accelerator.num_processes / max(seconds, 1e-9),
                seconds=position.seconds + validation_seconds,
                data_wait_share=waited / max(seconds, 1e-9),
                validation_seconds=validation_seconds,
            )
            if self.fit.add(record, self.options.patience, self.options.min_delta):
                self.fit.best_weights = copy_weights(self.plain_model)
            if self.accelerator.is_main_process:
                self.methods.keep_top(self.fit, self.options.top)
        self.schedule.end_epoch(validation.loss)
        return record

    def validate(self) -> Validation:
        """What the model reaches on the validation split."""
        return validate(self.accelerator, self.plain_model, self.validation_loader, self.stepper.normalize)

    def _save(self) -> None:
        """Writes a checkpoint; the main process does, whose state is that of all."""
        self.saved = time.monotonic()
        sums = add_up(self.accelerator, self.position.sums)
        if self.checkpoints is None or not self.accelerator.is_main_process:
            return
        start = time.perf_counter()
        position = asdict(self.position) | {"used_seconds": self.pace.used(), "sums": sums}
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        self.checkpoints.save({"position": position, "parts": parts})
        self.mark += time.perf_counter() - start  # saving is not training

    def _parts(self) -> dict[str, Any]:
        """What has a state; sampler, augmentation and random numbers depend on the position alone."""
        parts = {"model": self.plain_model, "optimizer": self.plain_optimizer, "schedule": self.schedule}
        optional = {"scaler": self.accelerator.scaler, "average": self.stepper.average}
        return parts | {"fit": self.fit} | {name: part for name, part in optional.items() if part is not None}

    def _resume(self, checkpoints: Checkpoints) -> None:
        """Takes up the newest sound checkpoint, where there is one."""
        found, faults = as_main_says(self.accelerator, checkpoints.find())
        for fault in faults:
            self.say(f"a damaged checkpoint is passed over: {fault}")
        if found is None:
            return
        state = checkpoints.load(found)
        self.position = Position.restore(state["position"])
        if not self.accelerator.is_main_process:  # the stored sums are those of all processes
            self.position.sums = [0.0, 0.0, 0.0]
        self.pace.continue_from(self.position.used_seconds)
        self.schedule = self.build_schedule(self.position.total_steps)
        for name, part in self._parts().items():
            part.load_state_dict(state["parts"][name])
