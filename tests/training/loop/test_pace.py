"""A training that is kept to its time."""

import time
from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator

from tests.training.loop.trainers import make_trainer, run
from vitrine.data.loading.loaders import EpochSampler, StepBatches
from vitrine.training.loop.budget import Budget, count_steps
from vitrine.training.loop.lacking_cores import CoreWatch
from vitrine.training.loop.methods import Methods
from vitrine.training.loop.pace import Pace, replan
from vitrine.training.loop.progress import Position
from vitrine.training.optim.optimizer import build_schedule


@pytest.mark.slow  # it looks at the clock: a machine with other work may miss it
def test_a_budget_ends_in_time_with_the_learning_rate_at_zero(prepared, tmp_path):
    def slow(pixels, indices, epoch, epochs):
        time.sleep(0.05)
        return pixels.float()

    trainer, said = make_trainer(prepared, epochs=500), []
    trainer.stepper.methods = Methods(augment=slow)
    trainer.say = said.append
    start = time.monotonic()
    budget = Budget(6.0, start, 9, 9)
    trainer.pace = Pace(trainer.accelerator, budget, trainer.position.total_steps, trainer.batches)
    fit = run(trainer, tmp_path)
    assert time.monotonic() - start < 6.0
    assert "time budget" in said[0]
    assert 3 < len(fit.history) < 100
    assert not fit.out_of_time or fit.history[-1].learning_rate < 1e-3
    assert fit.history[-1].learning_rate < 0.1 * max(record.learning_rate for record in fit.history)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("vitrine.training.loop.pace.time", clock)
    return clock


def make_pace(clock, seconds, most_steps=1000):
    """Of epochs of ten steps of four pictures; ten pictures to validate, none in the end."""
    budget = Budget(seconds, 0.0, validation_pictures=10, test_pictures=0, clock=clock.perf_counter)
    return Pace(Accelerator(cpu=True), budget, most_steps, StepBatches(EpochSampler(40, 0), 4))


def take_steps(pace, clock, seconds, numbers, total=1000):
    """What each step's look at the clock says."""
    plans = []
    for number in numbers:
        clock.now += seconds
        plans.append(pace.plan(number, Position(step=number % 10, total_steps=total)))
    return plans


def test_the_plan_comes_after_eight_steps_and_does_not_count_the_slow_first_ones(clock):
    pace = make_pace(clock, seconds=100.0)
    assert take_steps(pace, clock, 5.0, [1, 2]) == [None, None]
    assert pace.step_seconds is None
    plans = take_steps(pace, clock, 1.0, range(3, 9))
    assert plans[:5] == [None] * 5
    assert pace.step_seconds == pytest.approx(1.0)
    # 100 - 16 - 15 s for writing = 69 s: 2 steps to the end of the epoch, then epochs of 10 s and 1.25 s of validation.
    assert plans[5] == 8 + count_steps(69.0, 1.0, 1.25, 10, 8)


def test_steps_that_threads_are_tried_in_are_not_planned_by(clock):
    pace = make_pace(clock, seconds=100.0)
    tried = iter([True] * 4 + [False] * 4)
    pace.budget.threads = SimpleNamespace(takes=lambda seconds: next(tried))
    take_steps(pace, clock, 5.0, range(1, 5))
    assert take_steps(pace, clock, 1.0, range(5, 9))[-1] == 8 + count_steps(100 - 24 - 15, 1.0, 1.25, 10, 8)


def test_a_short_plan_that_slow_first_steps_asked_for_grows_when_they_get_faster(clock):
    pace = make_pace(clock, seconds=100.0)
    (total,) = take_steps(pace, clock, 9.0, range(1, 9))[-1:]
    assert total == 9
    done = 8
    while done < total:
        done += 1
        (plan,) = take_steps(pace, clock, 0.1, [done], total)
        total = plan or total
    assert total > 60
    assert clock.now < 100 - 15


def test_a_plan_ends_where_no_more_time_is_left(clock):
    pace = make_pace(clock, seconds=100.0)
    take_steps(pace, clock, 9.0, range(1, 9))
    assert take_steps(pace, clock, 9.0, [9], total=9) == [None]


def test_a_plan_that_hardly_differs_stays(clock):
    pace = make_pace(clock, seconds=100.0)
    planned = 8 + count_steps(77.0, 1.0, 1.25, 10, 8)
    assert take_steps(pace, clock, 1.0, range(1, 9), total=planned)[-1] is None


def test_no_plan_is_longer_than_the_recipe(clock):
    assert take_steps(make_pace(clock, 1e6, most_steps=30), clock, 1.0, range(1, 9))[-1] == 30


def test_time_is_up_only_after_a_first_plan(clock):
    pace = make_pace(clock, seconds=9.0)
    take_steps(pace, clock, 2.0, range(1, 9))
    assert not pace.is_over()
    take_steps(pace, clock, 2.0, [9])
    assert pace.is_over()


def test_one_slow_step_does_not_end_a_training_that_was_planned_by_faster_ones(clock):
    pace = make_pace(clock, seconds=60.0)
    pace.budget.test_pictures = 80  # by the slow step alone more than is left
    take_steps(pace, clock, 1.0, range(1, 9))
    take_steps(pace, clock, 4.0, [9])
    assert pace.step_seconds > 2
    assert not pace.is_over()


def test_time_before_an_interruption_counts_and_evaluations_do_not_slow_the_steps(clock):
    pace = make_pace(clock, seconds=100.0)
    pace.continue_from(40.0)
    clock.now = 2.0
    assert pace.used() == 42.0
    take_steps(pace, clock, 1.0, range(1, 5))
    clock.now += 50.0
    pace.validated(50.0)
    pace.start_epoch(4)
    take_steps(pace, clock, 1.0, [5])
    assert pace.step_seconds == pytest.approx(1.0)
    assert pace.budget.validation_seconds == 50.0


def test_without_a_budget_nothing_is_planned_and_time_is_never_up(clock):
    pace = Pace(Accelerator(cpu=True), None, 100, StepBatches(EpochSampler(40, 0), 4))
    assert take_steps(pace, clock, 100.0, range(1, 12)) == [None] * 11
    assert (pace.used(), pace.is_over()) == (1100.0, False)
    pace.continue_from(50.0)
    assert pace.used() == 1150.0


@pytest.mark.parametrize("name", ["cosine", "plain"])
def test_a_new_number_of_steps_puts_the_schedule_where_it_would_stand(name):
    def build(optimizer):
        if name == "cosine":
            return lambda steps: build_schedule(optimizer, steps, warmup_fraction=0.1)
        return lambda steps: torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)

    def advance(optimizer, schedule, steps):
        for _ in range(steps):
            optimizer.step()
            schedule.step()

    changed, wanted = (torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5) for _ in range(2))
    first, whole = build(changed)(100), build(wanted)(40)
    advance(changed, first, 20)
    advance(wanted, whole, 20)
    second = replan(first, build(changed), changed, 20, 40)
    assert changed.param_groups[0]["lr"] == pytest.approx(wanted.param_groups[0]["lr"])
    advance(changed, second, 10)
    advance(wanted, whole, 10)
    assert changed.param_groups[0]["lr"] == pytest.approx(wanted.param_groups[0]["lr"])


def test_slower_steps_are_planned_by_soon_after_they_begin(clock):
    pace = make_pace(clock, seconds=1000.0)
    pace.batches.steps = 100
    take_steps(pace, clock, 1.0, range(1, 60))
    pace.expect_change()
    assert take_steps(pace, clock, 3.0, range(60, 68))[-1] is not None
    assert pace.step_seconds == pytest.approx((1 + 8 * 3) / 9)


@pytest.mark.parametrize(("budget", "times"), [(None, 1), (Budget(60.0, 0.0, 10, 10), 0)])
def test_lacking_cores_are_told_once_where_no_budget_chooses_the_threads(monkeypatch, budget, times):
    monkeypatch.setattr(CoreWatch, "advise", lambda self: "other programs have the cores")
    said = []
    pace = Pace(Accelerator(cpu=True), budget, 100, StepBatches(EpochSampler(40, 0), 4), said.append)
    for epoch in range(3):
        pace.start_epoch(10 * epoch)
        pace.validated(0.1)
    assert said == ["other programs have the cores"] * times
