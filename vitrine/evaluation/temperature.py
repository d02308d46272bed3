"""The temperature under which a network's probabilities mean what they say, and what it leaves of the loss."""

import math
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from vitrine.errors import UserError
from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.calibration.softmax import softmax
from vitrine.records.calibration import Remark

LOWEST, HIGHEST = 0.05, 20.0
FEW_PICTURES = 50

Floats = npt.NDArray[np.float64]


def fit_temperature(logits: npt.ArrayLike, label_ids: npt.ArrayLike) -> tuple[float, Remark | None]:
    """The temperature under which validation labels are likeliest (Guo et al. 2017).

    Where every picture is right, the likelihood alone would want a temperature of 0: probabilities of 1 for all that
    comes. So the temperature has a prior, log-normal around 1 with deviation 1, which counts as much as about one
    picture: it decides where the pictures do not, and changes nothing where they do.

    Args:
        logits: of validation pictures, `[pictures, labels]`; at least one.
        label_ids: `[pictures]`.

    Returns:
        The temperature, 0.05 to 20, and what to mind about it.

    Raises:
        UserError: logits are not numbers.
    """
    scores, labels = check_scores(logits, label_ids)
    scores = scores - scores.max(axis=1, keepdims=True)
    own = scores[np.arange(len(labels)), labels]
    low, high = math.log(LOWEST), math.log(HIGHEST)
    exponent = 0.0  # log of the temperature
    for _ in range(100):
        slope, curvature = _derivatives(scores, own, math.exp(-exponent), exponent)
        low, high = (low, exponent) if slope > 0 else (exponent, high)
        step = exponent - slope / curvature if curvature > 0 else math.inf  # Newton's, else halving
        step = step if low < step < high else (low + high) / 2
        if abs(step - exponent) < 1e-10:
            break
        exponent = step
    temperature = math.exp(exponent)
    if not 1.001 * LOWEST < temperature < 0.999 * HIGHEST:
        return temperature, "at_bound"
    if len(labels) < FEW_PICTURES:
        return temperature, "few_pictures"
    return temperature, "all_right" if bool((scores.argmax(axis=1) == labels).all()) else None


def calibrated_loss(logits: npt.ArrayLike, label_ids: npt.ArrayLike) -> float:
    """Mean cross-entropy in nats after a temperature of 1 or more has taken back what the network is too sure of.

    In training, the plain loss soon rises because a network grows too sure of itself, while its answers still get
    better. The temperature mends the first, so epochs are compared by what it leaves (Berta et al. 2025, "Rethinking
    Early Stopping: Refine, Then Calibrate"). It never sharpens: where hardly an answer is wrong, a temperature near 0
    would let a single picture decide between epochs.

    Args:
        logits: `[pictures, labels]`; at least one picture.
        label_ids: `[pictures]`.

    Raises:
        UserError: logits are not numbers.
    """
    temperature, _ = fit_temperature(logits, label_ids)
    return cross_entropy(np.asarray(logits, np.float64) / max(temperature, 1.0), label_ids)


def cross_entropy(logits: npt.ArrayLike, label_ids: npt.ArrayLike) -> float:
    """Mean over pictures in nats; arguments and errors as for `calibrated_loss`."""
    scores, labels = check_scores(logits, label_ids)
    sums = by_blocks(lambda rows: np.asarray(logsumexp(rows, axis=1)), scores)
    return float((sums - scores[np.arange(len(labels)), labels]).mean())


def _derivatives(scores: Floats, own: Floats, scale: float, exponent: float) -> tuple[float, float]:
    """First and second derivative of the objective by the log of the temperature; `scale` is 1 / temperature."""
    shares = softmax(scores, scale)
    mean = (shares * scores).sum(axis=1)
    variance = (shares * scores**2).sum(axis=1) - mean**2
    by_scale = float((mean - own).sum())
    slope = -scale * by_scale + exponent
    return slope, scale * by_scale + scale**2 * float(variance.sum()) + 1.0


def check_scores(scores: npt.ArrayLike, label_ids: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Logits or probabilities as float64 with their label ids.

    Raises:
        UserError: there are none, or some are not numbers.
    """
    values, labels = np.asarray(scores), np.asarray(label_ids, np.int64)
    if values.dtype != np.float64:
        values = by_blocks(partial(np.asarray, dtype=np.float64), values)
    bad = int(by_blocks(lambda rows: (~np.isfinite(rows)).any(axis=1), values).sum())
    if bad:
        raise UserError(
            f"the network's answers to {bad:,} of {len(values):,} pictures are not numbers (NaN or infinite); "
            "train again with a lower optim.learning_rate, or engine.precision=fp32"
        )
    if not len(values):
        raise UserError("there are no pictures to measure the network's confidence on")
    return values, labels
