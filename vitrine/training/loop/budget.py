"""A time budget: how many steps fit, so that the learning rate reaches zero and the evaluation is done in time."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from vitrine.training.loop.thread_choice import ThreadChoice

# The model folder, its loading for the evaluation, the figures and the report.
WRITING_SECONDS = 15.0
WRITING_SHARE = 0.2  # of a budget so short that fifteen seconds would be most of it
SAFETY = 1.1
FORWARD_SHARE = 0.5  # of the time of training with a picture, for a look at it in the same precision
FIRST_PLAN_STEPS = 8
WARM_UP_STEPS = 2
FEW_EPOCHS = 3  # after fewer, a network from scratch may be little better than guessing


def describe_plan(steps: int, steps_per_epoch: int, epochs: int) -> str:
    """What fits into the budget, and what to do where that is little, for people.

    Args:
        steps: that are planned in all.
        steps_per_epoch: of a whole epoch.
        epochs: that the recipe asks for.
    """
    fitting = steps / steps_per_epoch
    told = f"time budget: {steps:,} steps ({fitting:.1f} epochs) are planned, as many as fit"
    if fitting >= min(FEW_EPOCHS, epochs):
        return told
    return (
        f"{told}; after so few the model may be little better than guessing: raise engine.budget_minutes, or train "
        "while this machine has less other work"
    )


def count_steps(
    seconds: float, step_seconds: float, validation_seconds: float, steps_per_epoch: int, step_in_epoch: int
) -> int:
    """How many more steps fit into a time, with a validation after each epoch and after the last step.

    Args:
        seconds: what is left for training and validation.
        step_seconds: of one step.
        validation_seconds: of one validation.
        steps_per_epoch: of a whole epoch.
        step_in_epoch: steps of the current epoch that are done.
    """
    to_epoch_end = steps_per_epoch - step_in_epoch
    left = seconds - to_epoch_end * step_seconds - validation_seconds
    if left < 0:
        return max(0, min(to_epoch_end, math.floor((seconds - validation_seconds) / step_seconds)))
    epochs, rest = divmod(left, steps_per_epoch * step_seconds + validation_seconds)
    last = max(0, math.floor((rest - validation_seconds) / step_seconds))
    return to_epoch_end + int(epochs) * steps_per_epoch + last


@dataclass
class Budget:
    """The time of a run and what its parts take.

    Attributes:
        seconds: of the whole run.
        started: `clock()` at the start of this process's part of the run, less what earlier processes used.
        validation_pictures: of one validation.
        test_pictures: of the final evaluation, in float32, whatever their split.
        sample_pictures: that it looks at in the precision of the training.
        threads: tries in the first steps how many are fastest; None: they stay as they are.
        clock: seconds; for tests.
    """

    seconds: float
    started: float
    validation_pictures: int
    test_pictures: int
    sample_pictures: int = 0
    threads: ThreadChoice | None = None
    clock: Callable[[], float] = time.monotonic
    validation_seconds: float | None = None

    def left(self, seconds_per_picture: float) -> float:
        """Seconds that are left for training and validation.

        Args:
            seconds_per_picture: of training. Forward alone but in float32, as in the final evaluation, takes about as
                long.
        """
        reserve = min(WRITING_SECONDS, WRITING_SHARE * self.seconds)
        reserve += SAFETY * self.test_pictures * seconds_per_picture
        reserve += SAFETY * self.sample_pictures * self._look(seconds_per_picture)
        return self.seconds - (self.clock() - self.started) - reserve

    def validation(self, seconds_per_picture: float) -> float:
        """Seconds of one validation, measured or estimated from those of training."""
        if self.validation_seconds is not None:
            return self.validation_seconds * SAFETY
        return self.validation_pictures * seconds_per_picture * FORWARD_SHARE

    def _look(self, seconds_per_picture: float) -> float:
        """Seconds of a look at a picture: as usual, or as in the last validation where that took longer."""
        measured = (self.validation_seconds or 0.0) / max(1, self.validation_pictures)
        return max(FORWARD_SHARE * seconds_per_picture, measured)

    def is_over(self, seconds_per_picture: float) -> bool:
        """Whether the training has to stop now to leave time for what follows."""
        return self.left(seconds_per_picture) <= self.validation(seconds_per_picture)

    def plan(self, step_seconds: float, step_size: float, steps_per_epoch: int, step_in_epoch: int) -> int:
        """How many more steps fit.

        Args:
            step_seconds: of one step.
            step_size: pictures of a step in this process.
            steps_per_epoch: of a whole epoch.
            step_in_epoch: steps of the current epoch that are done.
        """
        per_picture = step_seconds / step_size
        validation = self.validation(per_picture)
        return count_steps(self.left(per_picture), step_seconds, validation, steps_per_epoch, step_in_epoch)
