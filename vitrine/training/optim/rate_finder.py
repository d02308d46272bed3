"""The learning-rate range test (arXiv:1506.01186): train with a rate that grows until the loss explodes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.optim import Optimizer

from vitrine.errors import UserError

STEPS = 100
FIRST_RATE, LAST_RATE = 1e-7, 10.0
SMOOTHING = 0.98  # share of the old mean at each step, and the explosion below: as in fastai
EXPLOSION = 4.0  # times the lowest smoothed loss
FEWEST_STEPS = 20


@dataclass(frozen=True)
class RateCurve:
    """What the test saw.

    Attributes:
        rates: of the head, growing.
        losses: smoothed, in nats; one for each rate, the last one before or at the explosion.
        steepest: rate where the loss falls fastest, per power of ten.
        valley: rate in the middle of the longest fall; a more careful choice.
    """

    rates: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]
    steepest: float
    valley: float


def find_rate(
    model: nn.Module,
    optimizer: Optimizer,
    train_step: Callable[[int], float],
    steps: int = STEPS,
    first_rate: float = FIRST_RATE,
    last_rate: float = LAST_RATE,
    on_step: Callable[[int, float, float], None] = lambda *_: None,
) -> RateCurve:
    """Trains with growing rates, then puts the weights back as they were; the optimiser is of no more use.

    Args:
        model: the network without the wrapper of Accelerate.
        optimizer: a new one; the rates of its groups keep their proportions.
        train_step: does the update of a number, from 0, and returns its loss in nats.
        steps: updates from the first to the last rate.
        first_rate: of the head.
        last_rate: of the head.
        on_step: told number, rate and smoothed loss after each step.

    Raises:
        UserError: the loss exploded at once, or did not fall at any rate.
    """
    weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    highest = max(group["lr"] for group in optimizer.param_groups)
    shares = [group["lr"] / highest for group in optimizer.param_groups]
    rates, losses = [], []
    mean, lowest = 0.0, math.inf
    try:
        for step in range(steps):
            rate = first_rate * (last_rate / first_rate) ** (step / max(1, steps - 1))
            for group, share in zip(optimizer.param_groups, shares, strict=True):
                group["lr"] = rate * share
            loss = train_step(step)
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smoothed = mean / (1 - SMOOTHING ** (step + 1))
            if not math.isfinite(smoothed):
                break
            rates.append(rate)
            losses.append(smoothed)
            on_step(step, rate, smoothed)
            lowest = min(lowest, smoothed)
            if smoothed > EXPLOSION * lowest:
                break
    finally:
        with torch.no_grad():
            model.load_state_dict(weights)
    return _suggest(np.asarray(rates), np.asarray(losses))


def _suggest(rates: npt.NDArray[np.float64], losses: npt.NDArray[np.float64]) -> RateCurve:
    """Chooses among the rates without the first tenth, where the mean is noise, and the last five: the explosion."""
    if len(rates) < FEWEST_STEPS:
        raise UserError(
            f"find-rate: the loss exploded after {len(rates)} steps, too early for a suggestion; set "
            "engine.precision=fp32, and look whether the pictures and their classes are right"
        )
    inner = slice(len(rates) // 10, -5)
    some_rates, some_losses = rates[inner], losses[inner]
    slopes = np.gradient(some_losses, np.log10(some_rates))
    if slopes.min() >= 0:
        raise UserError(
            "find-rate: the loss did not fall at any rate, so there is nothing to suggest; look whether the pictures "
            "and their classes are right, or take larger batches (optim.batch_size)"
        )
    start, end = _longest_fall(some_losses)
    middle = start + (end - start) // 2
    return RateCurve(rates, losses, float(some_rates[slopes.argmin()]), float(some_rates[middle]))


def _longest_fall(losses: npt.NDArray[np.float64]) -> tuple[int, int]:
    """First and last place of the longest row of ever lower losses, in which higher ones may lie between."""
    length = np.ones(len(losses), dtype=np.int64)
    before = np.arange(len(losses))
    for place in range(1, len(losses)):
        higher = np.flatnonzero(losses[:place] > losses[place])
        if len(higher):
            best = higher[length[higher].argmax()]
            length[place], before[place] = length[best] + 1, best
    end = start = int(length.argmax())
    while before[start] != start:
        start = int(before[start])
    return start, end
