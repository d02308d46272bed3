"""From scores to probabilities: the one softmax of Vitrine, below all that predicts or measures."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from vitrine.models.calibration.blocks import by_blocks


def softmax(scores: npt.ArrayLike, scale: float = 1.0) -> npt.NDArray[np.float64]:
    """Probabilities of `scale` times the scores, row by row, computed in float64.

    Args:
        scores: `[rows, labels]`; with `scale` 1 the calibrated logits of a model.
        scale: 1 / temperature.

    Returns:
        `[rows, labels]`; every row sums to 1.
    """
    return by_blocks(partial(_softmax, scale=scale), np.asarray(scores))


def _softmax(scores: npt.NDArray[Any], scale: float) -> npt.NDArray[np.float64]:
    values = np.asarray(scores, np.float64)
    powers = np.exp(scale * (values - values.max(axis=1, keepdims=True)))
    probabilities: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
