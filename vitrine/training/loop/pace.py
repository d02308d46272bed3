"""Keeps a training to its time budget: measures its steps, plans how many fit, and says when time is up."""

import time
from collections.abc import Callable

from accelerate import Accelerator
from torch.optim import Optimizer

from vitrine.data.loading.loaders import StepBatches
from vitrine.data.loading.shard_batches import ShardBatches
from vitrine.training.loop.budget import FIRST_PLAN_STEPS, WARM_UP_STEPS, Budget
from vitrine.training.loop.lacking_cores import CoreWatch
from vitrine.training.loop.methods import Schedule
from vitrine.training.loop.progress import Position
from vitrine.training.machine.processes import as_main_says

# A plan that differs by less from the one before is not worth a jump of the learning rate.
SMALLEST_CHANGE = 0.02


class Pace:
    """The speed of a training, and what it means for the plan; without a budget it changes nothing.

    It then says, after the first epoch, where other programs have the cores.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        budget: Budget | None,
        most_steps: int,
        batches: StepBatches | ShardBatches,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.accelerator = accelerator
        self.budget = budget
        self.began = time.perf_counter()
        self.most_steps = most_steps
        self.batches = batches
        self.step_size = batches.length / batches.steps / accelerator.num_processes  # of each process
        self.last = time.perf_counter(), 0
        self.timed_seconds, self.timed_steps, self.seen_steps = 0.0, 0, 0
        self.plan_after = FIRST_PLAN_STEPS
        self.say = say
        self.core_watch: CoreWatch | None = None
        # A time budget chooses its threads itself.
        self.watches_cores = accelerator.device.type == "cpu" and accelerator.num_processes == 1 and budget is None
        self.planned_by: float | None = None  # seconds of a step when the plan was last made

    @property
    def step_seconds(self) -> float | None:
        """Of one step, those of late counting most; None: not known yet."""
        return self.timed_seconds / self.timed_steps if self.timed_steps else None

    def start_epoch(self, steps_done: int) -> None:
        """Starts the clock again, which is not to count evaluations."""
        self.last = time.perf_counter(), steps_done
        self.expect_change()
        if self.watches_cores:
            self.core_watch, self.watches_cores = CoreWatch(), False  # one epoch is enough

    def expect_change(self) -> None:
        """Other steps come, of larger pictures or of more that is trained: they are timed, and planned by, soon."""
        self._weigh_what_comes()
        self.plan_after = min(self.plan_after, self.seen_steps + FIRST_PLAN_STEPS)

    def _weigh_what_comes(self) -> None:
        """What comes counts more than what was."""
        if self.step_seconds is not None:
            self.timed_seconds, self.timed_steps = self.step_seconds, 1

    def validated(self, seconds: float) -> None:
        """Takes note of what a validation took."""
        if self.budget is not None:
            self.budget.validation_seconds = seconds
        if self.core_watch is not None and (advice := self.core_watch.advise()):
            self.say(advice)
        self.core_watch = None

    def used(self) -> float:
        """Seconds of the run so far, over all its processes since its first start."""
        if self.budget is None:
            return time.perf_counter() - self.began
        return self.budget.clock() - self.budget.started

    def continue_from(self, used_seconds: float) -> None:
        """Counts the time that the run took before it was interrupted."""
        self.began -= used_seconds
        if self.budget is not None:
            self.budget.started -= used_seconds

    def plan(self, steps_done: int, position: Position) -> int | None:
        """Looks at the clock after a step.

        Returns:
            The new number of steps of the whole training, the same in every process; None: the plan stays.
        """
        if self.budget is None:
            return None
        (before, steps_before), self.last = self.last, (time.perf_counter(), steps_done)
        self.seen_steps += steps_done - steps_before
        seconds = self.last[0] - before
        tried = self.budget.threads is not None and self.budget.threads.takes(seconds)
        # The first steps are slow: memory is fetched, kernels are chosen.
        if tried or self.seen_steps <= WARM_UP_STEPS:
            return None
        self.timed_seconds += seconds
        self.timed_steps += steps_done - steps_before
        if self.seen_steps < self.plan_after or self.step_seconds is None:
            return None
        self.planned_by = self.step_seconds
        more = self.budget.plan(self.planned_by, self.step_size, self.batches.steps, position.step)
        more = max(more, int(steps_done < position.total_steps))  # a learning rate that falls to zero takes a step
        total = as_main_says(self.accelerator, min(self.most_steps, steps_done + more))
        # A short plan is looked at again before it ends: other work may have slowed the steps that it was made by.
        usual, half = max(FIRST_PLAN_STEPS, self.batches.steps // 2), max(1, (total - steps_done) // 2)
        self.plan_after = self.seen_steps + min(usual, half)
        self._weigh_what_comes()
        changed = abs(total - position.total_steps) > SMALLEST_CHANGE * position.total_steps
        return total if changed else None

    def is_over(self) -> bool:
        """Whether the training has to stop now, so that evaluation and report are done in time."""
        # Not by the first steps, which are slow: the plan comes first, and a learning rate that falls to zero. Nor by a
        # single slow one, which says little of the whole evaluation: the next plan weighs it.
        if self.budget is None or self.planned_by is None or self.seen_steps <= FIRST_PLAN_STEPS:
            return False
        return self.budget.is_over(self.planned_by / self.step_size)


def replan(
    schedule: Schedule, build: Callable[[int], Schedule], optimizer: Optimizer, steps_done: int, total_steps: int
) -> Schedule:
    """A schedule for another number of steps, where it would stand after those that are done.

    Args:
        schedule: the one so far.
        build: makes one for so many steps.
        optimizer: whose rates are set.
        steps_done: of the whole training.
        total_steps: wanted.
    """
    state = schedule.state_dict()
    for group in optimizer.param_groups:
        group["lr"] = group.get("initial_lr", group["lr"])
    changed = build(total_steps)
    if "total_steps" in state:  # it can place itself, and knows of plateaus
        changed.load_state_dict(state | {"total_steps": total_steps})
        return changed
    for _ in range(steps_done):
        changed.step()
    return changed
