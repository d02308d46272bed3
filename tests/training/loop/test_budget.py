"""How many steps fit into a time."""

import pytest

from vitrine.training.loop.budget import Budget, count_steps


@pytest.mark.parametrize(
    ("seconds", "steps"),
    [(0.5, 0), (2, 1), (6, 5), (11, 10), (12, 10), (22, 20), (28, 25), (33, 30)],
)
def test_a_budget_counts_each_epochs_validation(seconds, steps):
    """Ten steps of a second in an epoch, and a second for each validation."""
    assert count_steps(seconds, 1.0, 1.0, 10, 0) == steps


def make_budget(now=0.0, seconds=100.0):
    """Ten validation pictures and twenty at the end, on a clock that stands at `now`."""
    return Budget(seconds, started=0.0, validation_pictures=10, test_pictures=20, clock=lambda: now)


def test_what_is_left_is_the_budget_less_what_is_over_and_what_comes_after():
    # 100 s, of which 30 are over; 15 for writing, and 1.1 x 20 pictures x 0.5 s for the final evaluation.
    assert make_budget(now=30.0).left(0.5) == pytest.approx(100 - 30 - 15 - 11)
    assert make_budget(seconds=10.0).left(0.0) == pytest.approx(10 - 2)  # of a short one, a fifth is for writing


def test_what_is_looked_at_as_in_a_validation_takes_half_as_long_or_as_long_as_that_took():
    budget = Budget(100.0, 0.0, validation_pictures=10, test_pictures=0, sample_pictures=20, clock=lambda: 0.0)
    assert budget.left(0.5) == pytest.approx(100 - 15 - 1.1 * 20 * 0.25)
    budget.validation_seconds = 4.0
    assert budget.left(0.5) == pytest.approx(100 - 15 - 1.1 * 20 * 0.4)
    assert budget.left(1.0) == pytest.approx(100 - 15 - 1.1 * 20 * 0.5)


def test_a_validation_is_estimated_until_it_is_measured():
    budget = make_budget()
    assert budget.validation(0.5) == pytest.approx(10 * 0.5 / 2)
    budget.validation_seconds = 4.0
    assert budget.validation(0.5) == pytest.approx(4.4)


def test_it_is_over_when_no_more_than_a_validation_is_left():
    # 74 s remain for training at 0.5 s a picture, of which a validation takes 2.5.
    assert not make_budget(now=71.4).is_over(0.5)
    assert make_budget(now=71.6).is_over(0.5)


def test_a_plan_is_what_fits_into_what_is_left():
    budget = make_budget()
    # Steps of a second with two pictures: 74 s are left; five epochs of ten steps and a validation take 62.5, and nine
    # more steps fit with the last validation.
    assert budget.plan(1.0, 2.0, steps_per_epoch=10, step_in_epoch=0) == count_steps(74.0, 1.0, 2.5, 10, 0) == 59
