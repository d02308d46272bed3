"""Random numbers that depend on (seed, step) alone, so that a resumed run draws what an uninterrupted one would."""

import random

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and torch on all devices; for building the network."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def seed_step(seed: int, step: int, process: int, piece: int = 0) -> None:
    """Seeds what a training step draws (dropout), differently for every step, process and piece of a batch."""
    key = (seed, step, process, piece) if piece else (seed, step, process)
    torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1))
