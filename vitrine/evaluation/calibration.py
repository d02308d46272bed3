"""Do the probabilities mean what they say: expected calibration error, reliability bins, temperature scaling."""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from vitrine.errors import UserError
from vitrine.evaluation.evidence_sections import Section

BINS = 15  # as Guo et al. 2017
LOWEST, HIGHEST = 0.05, 20.0
FEW_PICTURES = 50
RESAMPLES = 1000
MOST_CELLS = 10_000_000  # of numbers held at once by the bootstrap

Floats = npt.NDArray[np.float64]
Remark = Literal["few_pictures", "all_right", "at_bound"]


class ReliabilityBin(Section):
    """Pictures whose confidence lies in one interval.

    Attributes:
        low: lower end of the interval, not in it (but 0 is in the first).
        high: upper end, in it.
        pictures: how many there are.
        confidence: their mean confidence; None without pictures.
        accuracy: share of them that are right; None without pictures.
    """

    low: float
    high: float
    pictures: int
    confidence: float | None
    accuracy: float | None


class Reliability(Section):
    """Confidence against truth on the test pictures.

    Attributes:
        error: expected calibration error: mean distance of confidence and accuracy over the bins, weighted by pictures.
        error_interval: its 95 % bootstrap interval.
        confidence: mean confidence.
        loss: mean negative log-likelihood, in nats.
        bins: equal-width, from 0 to 1.
    """

    error: float
    error_interval: tuple[float, float]
    confidence: float
    loss: float
    bins: list[ReliabilityBin]


class Calibration(Section):
    """The section `calibration` of metrics.json.

    Attributes:
        temperature: fitted on validation pictures; above 1 the network was too sure of itself, below 1 too modest.
        remark: why the temperature is less certain than it looks: few validation pictures, none of them answered
            wrongly, or the end of the range that was searched; None otherwise.
        validation_pictures: on which it was fitted.
        pictures: test pictures on which everything here is measured.
        accuracy: of the test pictures; no temperature changes it.
        before: with the network's own logits.
        after: with logits divided by the temperature.
    """

    temperature: float
    remark: Remark | None
    validation_pictures: int
    pictures: int
    accuracy: float
    before: Reliability
    after: Reliability


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
        UserError: logits are no numbers.
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


def _derivatives(scores: Floats, own: Floats, scale: float, exponent: float) -> tuple[float, float]:
    """First and second derivative of the objective by the log of the temperature; `scale` is 1 / temperature."""
    shares = softmax(scores, scale)
    mean = (shares * scores).sum(axis=1)
    variance = (shares * scores**2).sum(axis=1) - mean**2
    by_scale = float((mean - own).sum())
    slope = -scale * by_scale + exponent
    return slope, scale * by_scale + scale**2 * float(variance.sum()) + 1.0


def measure_calibration(
    logits: npt.ArrayLike,
    label_ids: npt.ArrayLike,
    temperature: float,
    remark: Remark | None,
    validation_pictures: int,
    seed: int,
) -> Calibration:
    """Before and after on test pictures.

    Args:
        logits: the network's own, of test pictures, `[pictures, labels]`.
        label_ids: `[pictures]`.
        temperature: of `fit_temperature`.
        remark: likewise.
        validation_pictures: on which it was fitted.
        seed: of the bootstrap.

    Raises:
        UserError: logits are no numbers.
    """
    scores, labels = check_scores(logits, label_ids)
    right = scores.argmax(axis=1) == labels
    return Calibration(
        temperature=temperature,
        remark=remark,
        validation_pictures=validation_pictures,
        pictures=len(labels),
        accuracy=float(right.mean()),
        before=_measure_reliability(scores, labels, right, 1.0, seed),
        after=_measure_reliability(scores, labels, right, temperature, seed),
    )


def _measure_reliability(
    scores: Floats, label_ids: npt.NDArray[np.int64], right: npt.NDArray[np.bool_], temperature: float, seed: int
) -> Reliability:
    shares = softmax(scores, 1 / temperature)
    confidence = shares.max(axis=1)
    scaled = (scores - scores.max(axis=1, keepdims=True)) / temperature
    own = scaled[np.arange(len(label_ids)), label_ids]
    return Reliability(
        error=calibration_error(confidence, right),
        error_interval=calibration_error_interval(confidence, right, seed),
        confidence=float(confidence.mean()),
        loss=float((np.log(np.exp(scaled).sum(axis=1)) - own).mean()),
        bins=reliability_bins(confidence, right),
    )


def calibration_error(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error with bins of equal width (Guo et al. 2017, equation 3).

    Args:
        confidence: probability of the answer, `[pictures]`.
        right: whether it is right, `[pictures]`.
        bins: how many; the upper end of each belongs to it.
    """
    gaps = np.asarray(confidence, np.float64) - np.asarray(right, np.float64)
    return float(np.abs(np.bincount(_places(confidence, bins), gaps, bins)).sum() / len(gaps))


def calibration_error_interval(
    confidence: npt.ArrayLike, right: npt.ArrayLike, seed: int, bins: int = BINS
) -> tuple[float, float]:
    """95 % interval of the expected calibration error, by 1,000 resamples of the pictures.

    Resampled errors are too large by as much as the measured one is, so the interval is their middle 95 % mirrored at
    the measured error (the basic bootstrap), and never below 0.
    """
    gaps = np.asarray(confidence, np.float64) - np.asarray(right, np.float64)
    count, places = len(gaps), _places(confidence, bins)
    table = np.zeros((count, bins))
    table[np.arange(count), places] = gaps
    generator = np.random.default_rng(seed)
    block = max(1, min(RESAMPLES, MOST_CELLS // count))
    sums: list[Floats] = []
    for start in range(0, RESAMPLES, block):
        size = min(block, RESAMPLES - start)
        sums.append(np.abs(generator.multinomial(count, np.full(count, 1 / count), size) @ table).sum(axis=1))
    low, high = np.quantile(np.concatenate(sums) / count, (0.025, 0.975))
    measured = calibration_error(confidence, right, bins)
    return float(max(0.0, 2 * measured - high)), float(min(1.0, max(measured, 2 * measured - low)))


def reliability_bins(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> list[ReliabilityBin]:
    """The bars of a reliability diagram, from confidence 0 to 1; arguments as for `calibration_error`."""
    places = _places(confidence, bins)
    pictures = np.bincount(places, minlength=bins)
    sums = [np.bincount(places, np.asarray(values, np.float64), bins) for values in (confidence, right)]
    edges = np.linspace(0, 1, bins + 1)
    return [
        ReliabilityBin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            pictures=int(pictures[place]),
            confidence=float(sums[0][place] / pictures[place]) if pictures[place] else None,
            accuracy=float(sums[1][place] / pictures[place]) if pictures[place] else None,
        )
        for place in range(bins)
    ]


def _places(confidence: npt.ArrayLike, bins: int) -> npt.NDArray[np.int64]:
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], np.asarray(confidence, np.float64), side="left")


def softmax(scores: Floats, scale: float = 1.0) -> Floats:
    """Probabilities of `scale` times the scores, row by row."""
    powers = np.exp(scale * (scores - scores.max(axis=1, keepdims=True)))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def check_scores(scores: npt.ArrayLike, label_ids: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Logits or probabilities as float64 with their label ids.

    Raises:
        UserError: there are none, or some are no numbers.
    """
    values, labels = np.asarray(scores, np.float64), np.asarray(label_ids, np.int64)
    bad = int((~np.isfinite(values)).any(axis=1).sum())
    if bad:
        raise UserError(
            f"the network's answers to {bad:,} of {len(values):,} pictures are no numbers (NaN or infinite); "
            "train again with a lower optim.learning_rate, or engine.precision=fp32"
        )
    if not len(values):
        raise UserError("there are no pictures to measure the network's confidence on")
    return values, labels
