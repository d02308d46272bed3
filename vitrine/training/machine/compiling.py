"""Whether torch.compile pays for a training: measured, not guessed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from vitrine.data.loading.loaders import Batch
from vitrine.training.loop.steps import Stepper

# Seen on two cores: 8 to 28 s for networks of our size; gains of a third at best.
USUAL_SECONDS = 30.0
BEST_GAIN = 0.35
TIMED_STEPS = 4


@dataclass(frozen=True)
class Verdict:
    """What the measurement said: whether to go on with the compiled network, and why, in words for the log."""

    compiled: bool
    reason: str


def choose_network(
    stepper: Stepper,
    choice: Literal["auto", "on"],
    decided: bool | None,
    batches: Iterator[Batch],
    epoch: int,
    steps: int,
) -> tuple[Any, bool]:
    """Compiled or not: decided once in a training and kept after a resume, since the numbers differ a little.

    Args:
        stepper: of the training.
        choice: of the recipe.
        decided: what was decided before, where it was.
        batches: as they are in training, to measure with.
        epoch: from 0.
        steps: that are planned.

    Returns:
        The network to train with, and whether it is compiled.
    """
    if decided is None and choice == "auto":
        if stepper.accelerator.num_processes > 1:
            stepper.say(
                "torch.compile: not used; it is not measured with several processes, engine.compile=on takes it"
            )
            return stepper.model, False
        verdict = measure_compiling(stepper, torch.compile(stepper.model), next(batches), epoch, steps)
        stepper.say(verdict.reason)
        decided = verdict.compiled
    return (stepper.model, False) if decided is False else (torch.compile(stepper.model), True)


def measure_compiling(stepper: Stepper, compiled: Any, batch: Batch, epoch: int, steps: int) -> Verdict:
    """Times forward and backward pass with and without torch.compile; weights and statistics stay as they were.

    Args:
        stepper: of the training.
        compiled: the network through torch.compile.
        batch: a batch of the usual size, on the device.
        epoch: whose augmentation is used.
        steps: that are planned.
    """
    plain = stepper.network

    def run(network: Any) -> None:
        stepper.network = network
        loss, _ = stepper.forward(batch, epoch)
        stepper.accelerator.backward(loss)
        stepper.optimizer.zero_grad()

    try:
        with _same_buffers(stepper.model):
            return decide_compiling(lambda: run(plain), lambda: run(compiled), steps)
    finally:
        stepper.network = plain
        stepper.optimizer.zero_grad()


def decide_compiling(step: Callable[[], None], compiled_step: Callable[[], None], steps: int) -> Verdict:
    """Times a step with and without torch.compile, the second only where the training is long enough to gain by it.

    Args:
        step: runs one step of the plain network.
        compiled_step: the same with the compiled network, which its first call compiles.
        steps: that are planned.
    """
    plain = _time_steps(step)
    could_save = steps * plain * BEST_GAIN
    if could_save < USUAL_SECONDS:
        return Verdict(
            False,
            f"torch.compile: not used; it could save {could_save:.0f} s at best and takes about {USUAL_SECONDS:.0f} s",
        )
    start = time.perf_counter()
    try:
        compiled_step()
        _synchronize()
        compiling = time.perf_counter() - start
        fast = _time_steps(compiled_step)
    except Exception as error:  # no C++ compiler, or a network that it cannot take: torch raises many kinds
        return Verdict(False, f"torch.compile: not used; it fails here ({type(error).__name__})")
    # The time of compiling is spent by now; it decides nothing any more.
    used = fast < plain
    return Verdict(
        used,
        f"torch.compile: {'used' if used else 'not used'}; a step takes {1000 * plain:.0f} ms without it and "
        f"{1000 * fast:.0f} ms with it, compiling took {compiling:.0f} s",
    )


@contextmanager
def _same_buffers(model: nn.Module) -> Iterator[None]:
    before = [buffer.clone() for buffer in model.buffers()]
    try:
        yield
    finally:
        for buffer, content in zip(model.buffers(), before, strict=True):
            buffer.copy_(content)


def _time_steps(step: Callable[[], None]) -> float:
    """Median seconds of a step, after one for warming up."""
    step()
    seconds = []
    for _ in range(TIMED_STEPS):
        _synchronize()
        start = time.perf_counter()
        step()
        _synchronize()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
