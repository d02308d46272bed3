"""Random numbers by (seed, step)."""

import random
from itertools import combinations

import numpy as np
import pytest
import torch

from vitrine.training.machine.seeding import seed_everything, seed_step


def draw():
    return random.random(), float(np.random.random()), torch.rand(3).tolist()  # noqa: S311 (of a test)


@pytest.mark.parametrize("seed", [0, 2**40])
def test_one_seed_gives_the_same_numbers_in_every_library(seed):
    seed_everything(seed)
    first = draw()
    seed_everything(seed)
    assert draw() == first
    seed_everything(seed + 1)
    assert all(one != other for one, other in zip(draw(), first, strict=True))


def draw_step(*key):
    seed_step(*key)
    return torch.rand(4).tolist()


def test_a_step_draws_the_same_whatever_was_drawn_before():
    first = draw_step(1, 5, 0)
    torch.rand(17)
    assert draw_step(1, 5, 0) == first


def test_steps_processes_micro_batches_and_seeds_draw_differently():
    drawn = [draw_step(*key) for key in ((1, 5, 0), (2, 5, 0), (1, 6, 0), (1, 5, 1), (1, 5, 0, 1), (1, 5, 0, 2))]
    assert all(one != other for one, other in combinations(drawn, 2))


def test_the_first_micro_batch_draws_what_the_whole_batch_would():
    assert draw_step(1, 5, 0, 0) == draw_step(1, 5, 0)
