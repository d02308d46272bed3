"""From scores to probabilities: the one softmax of Vitrine, below all that predicts or measures."""

import numpy as np
import numpy.typing as npt


def softmax(scores: npt.ArrayLike, scale: float = 1.0) -> npt.NDArray[np.float64]:
    """Probabilities of `scale` times the scores, row by row, computed in float64.

    Args:
        scores: `[rows, labels]`; with `scale` 1 the calibrated logits of a model.
        scale: 1 / temperature.

    Returns:
        `[rows, labels]`; every row sums to 1.
    """
    values = np.asarray(scores, np.float64)
    powers = np.exp(scale * (values - values.max(axis=1, keepdims=True)))
    probabilities: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
