"""Answers whose calibration is known."""

import numpy as np

from vitrine.models.calibration.softmax import softmax


def draw_logits(pictures, temperature, seed=0, labels=4, spread=3.0):
    """Logits whose probabilities are exactly right once they are divided by the temperature."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, spread, (pictures, labels))
    sums = np.cumsum(softmax(logits), axis=1)
    return logits * temperature, (generator.random((pictures, 1)) > sums).sum(axis=1).clip(max=labels - 1)
