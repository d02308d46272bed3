"""Do the probabilities mean what they say: expected calibration error, reliability bins, before and after scaling."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vitrine.evaluation.bootstrap import RESAMPLES, limit_resamples
from vitrine.evaluation.intervals import FEW_MISTAKES, wilson_interval
from vitrine.evaluation.temperature import Floats, check_scores, cross_entropy
from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.calibration.softmax import softmax
from vitrine.records.calibration import Basis, Calibration, Reliability, ReliabilityBin, Remark

BINS = 15  # as Guo et al. 2017
MOST_CELLS = 500_000  # numbers held at once by the bootstrap

Draw = Callable[[np.random.Generator, int], tuple[npt.NDArray[np.int64], Floats]]


def measure_calibration(
    logits: npt.ArrayLike,
    label_ids: npt.ArrayLike,
    temperature: float,
    remark: Remark | None,
    validation_pictures: int,
    seed: int,
    basis: Basis = "validation",
) -> Calibration:
    """Before and after on test pictures.

    Args:
        logits: the network's own, of test pictures, `[pictures, labels]`.
        label_ids: `[pictures]`.
        temperature: of `fit_temperature`.
        remark: likewise.
        validation_pictures: on which it was fitted.
        seed: of the bootstrap.
        basis: whose answers it was fitted on.

    Raises:
        UserError: logits are not numbers.
    """
    scores, labels = check_scores(logits, label_ids)
    right = scores.argmax(axis=1) == labels
    before = _measure(scores, labels, 1.0, seed)
    return Calibration(
        temperature=temperature,
        remark=remark,
        validation_pictures=validation_pictures,
        basis=basis,
        pictures=len(labels),
        accuracy=float(right.mean()),
        before=before,
        after=before if temperature == 1 else _measure(scores, labels, temperature, seed),
    )


def measure_reliability(logits: npt.ArrayLike, label_ids: npt.ArrayLike, seed: int) -> Reliability:
    """Of probabilities as they are; arguments as for `measure_calibration`.

    Raises:
        UserError: logits are not numbers.
    """
    return _measure(*check_scores(logits, label_ids), 1.0, seed)


def _measure(scores: Floats, label_ids: npt.NDArray[np.int64], temperature: float, seed: int) -> Reliability:
    right = scores.argmax(axis=1) == label_ids
    shares = softmax(scores, 1 / temperature)
    confidence = shares.max(axis=1)
    chance = chance_errors(confidence, seed)
    scaled = scores if temperature == 1 else by_blocks(lambda rows: rows / temperature, scores)
    return Reliability(
        error=calibration_error(confidence, right),
        error_interval=_error_interval(confidence, right, seed, BINS, chance),
        chance_error=float(chance.mean()),
        confidence=float(confidence.mean()),
        loss=cross_entropy(scaled, label_ids),
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


def chance_errors(confidence: npt.ArrayLike, seed: int, bins: int = BINS) -> Floats:
    """Calibration errors that a perfectly calibrated network would show on as many pictures (Broecker and Smith 2007).

    They are not 0: in a bin of few pictures, shares differ from probabilities by chance.

    Args:
        confidence: probability of the answer, `[pictures]`.
        seed: of the draws.
        bins: as for `calibration_error`.
    """
    values = np.asarray(confidence, np.float64)

    def draw(generator: np.random.Generator, size: int) -> tuple[npt.NDArray[np.int64], Floats]:
        pictures = np.broadcast_to(np.arange(len(values)), (size, len(values)))
        return pictures, values - (generator.random((size, len(values))) < values)

    return _redraw(values, draw, seed, bins)


def calibration_error_interval(
    confidence: npt.ArrayLike, right: npt.ArrayLike, seed: int, bins: int = BINS
) -> tuple[float, float]:
    """95 % interval of the calibration error that endless pictures would show.

    Resampled errors are too large by as much as the measured one is, so the interval is their middle 95 %, mirrored at
    the measured error (the basic bootstrap). It begins at 0 where perfect calibration would show as much in one of
    twenty tests. Resamples of few mistakes hold few, too: there it reaches to where the accuracy may be by its own
    interval.

    Args:
        confidence: largest probability of each picture, `[pictures]`.
        right: whether the answer is right, `[pictures]`.
        seed: of the resamples.
        bins: of equal width.
    """
    return _error_interval(confidence, right, seed, bins, chance_errors(confidence, seed, bins))


def _error_interval(
    confidence: npt.ArrayLike, right: npt.ArrayLike, seed: int, bins: int, chance: Floats
) -> tuple[float, float]:
    values = np.asarray(confidence, np.float64)
    gaps = values - np.asarray(right, np.float64)

    def draw(generator: np.random.Generator, size: int) -> tuple[npt.NDArray[np.int64], Floats]:
        pictures = generator.integers(len(gaps), size=(size, len(gaps)))
        return pictures, gaps[pictures]

    low, high = np.quantile(_redraw(values, draw, seed, bins), (0.025, 0.975))
    measured = calibration_error(confidence, right, bins)
    may_be_none = measured <= np.quantile(chance, 0.95)
    upper = 2 * measured - low
    rights = int(np.count_nonzero(right))
    if len(values) - rights < FEW_MISTAKES:
        upper = max(upper, float(values.mean()) - wilson_interval(rights, len(values))[0])
    return 0.0 if may_be_none else float(max(0.0, 2 * measured - high)), float(min(1.0, upper))


def _redraw(confidence: Floats, draw: Draw, seed: int, bins: int) -> Floats:
    """Calibration errors of drawn sets of pictures, a thousand or as many as time allows."""
    count, places = len(confidence), _places(confidence, bins)
    resamples = limit_resamples(RESAMPLES, count, 1)
    generator = np.random.default_rng(seed)
    block = max(1, min(resamples, MOST_CELLS // count))
    errors: list[Floats] = []
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        pictures, gaps = draw(generator, size)
        cells = places[pictures] + bins * np.arange(size)[:, None]
        sums = np.bincount(cells.ravel(), gaps.ravel(), bins * size).reshape(size, bins)
        errors.append(np.abs(sums).sum(axis=1) / count)
    return np.concatenate(errors)


def reliability_bins(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> list[ReliabilityBin]:
    """The bars of a reliability diagram, from confidence 0 to 1; arguments as for `calibration_error`.

    Args:
        confidence: largest probability of each picture, `[pictures]`.
        right: whether the answer is right, `[pictures]`.
        bins: of equal width.
    """
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
