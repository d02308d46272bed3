"""Is something worse by more than a margin? Bounds of paired differences, and how many pictures would tell.

All differences are losses: above 0, the second of two models does worse. A bound at the confidence 95 % is wrong for
one in twenty; whoever asks it of many figures at once takes a higher confidence where a single alarm counts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import norm, t

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[np.bool_]

CLOSE = 1e-9  # to the ends of the possible differences, where Tango's statistic has no value
# Nobody labels more to have one question answered; where it would take more, the measured loss is about the margin.
MOST_PICTURES, MOST_TIMES = 1_000, 20


@dataclass(frozen=True)
class Loss:
    """By how much the second of two models does worse on the same pictures.

    Attributes:
        worse_by: measured, of shares or scores; below 0 it does better.
        at_least: lower bound, for saying that it is worse.
        at_most: upper bound, for saying that it is not.
    """

    worse_by: float
    at_least: float
    at_most: float


def bound_share(lost: int, gained: int, pictures: int, alarm: float, assurance: float) -> Loss:
    """Loss of a share of pictures, by Tango's score interval for paired shares (1998).

    Its bounds have a width though no picture changes sides, and keep their promise for few pictures better than those
    of Wald and of Bonett and Price.

    Args:
        lost: pictures that only the first model has right.
        gained: pictures that only the second one has right.
        pictures: all; at least 1.
        alarm: confidence of `at_least`.
        assurance: confidence of `at_most`.
    """
    score = partial(_score, lost, gained, pictures)
    measured = (lost - gained) / pictures
    return Loss(measured, _solve(score, measured, -1.0, alarm), _solve(score, measured, 1.0, assurance))


def bound_mean(losses: Floats, alarm: float, assurance: float) -> Loss:
    """Mean of the paired differences of a score, by Student's t.

    Args:
        losses: of each picture by how much the second model scores worse, `[pictures]`.
        alarm: confidence of `at_least`.
        assurance: confidence of `at_most`.
    """
    mean, error = float(losses.mean()), _standard_error(losses)
    degrees = max(len(losses) - 1, 1)
    return Loss(mean, mean - float(t.ppf(alarm, degrees)) * error, mean + float(t.ppf(assurance, degrees)) * error)


def pictures_for_share(lost: int, gained: int, pictures: int, margin: float, assurance: float) -> int | None:
    """How many pictures would show that a share is not worse by more than a margin, were they to turn out alike.

    Args:
        lost: as for `bound_share`.
        gained: likewise.
        pictures: likewise.
        margin: of the loss.
        assurance: confidence.

    Returns:
        None where no number would: the measured loss is about the margin or beyond it.
    """

    def is_shown(number: int) -> bool:
        share = number / pictures
        score = partial(_score, lost * share, gained * share, number)
        return _solve(score, (lost - gained) / pictures, 1.0, assurance) < margin

    return _first(is_shown, pictures)


def pictures_for_mean(losses: Floats, margin: float, assurance: float) -> int | None:
    """The same for the mean of a score; arguments as for `bound_mean`, and its margin."""
    room = margin - float(losses.mean())
    if room <= 0 or len(losses) < 2:
        return None
    deviation = _standard_error(losses) * math.sqrt(len(losses))
    wanted = math.ceil((float(norm.ppf(assurance)) * deviation / room) ** 2) + 1
    return max(wanted, len(losses) + 1) if wanted <= _most(len(losses)) else None


def _most(pictures: int) -> int:
    return max(MOST_PICTURES, MOST_TIMES * pictures)


def _first(is_shown: Callable[[int], bool], least: int) -> int | None:
    """The smallest number above `least` from which on a condition holds."""
    high = least + 1
    while not is_shown(high):
        high *= 2
        if high > _most(least):
            return None
    low = least
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_shown(middle) else (middle, high)
    return high


def _standard_error(losses: Floats) -> float:
    return float(losses.std(ddof=1)) / math.sqrt(len(losses)) if len(losses) > 1 else math.inf


def _solve(score: Callable[[float], float], measured: float, end: float, confidence: float) -> float:
    """The loss at which the statistic says that the measured one is just as far away as the confidence allows."""
    quantile = float(norm.ppf(confidence)) * (-1.0 if end > 0 else 1.0)

    def miss(loss: float) -> float:
        return score(loss) - quantile

    near, far = measured, end * (1 - CLOSE)
    if abs(near) >= 1 - CLOSE and near * end > 0:
        return end
    near = min(max(near, -1 + CLOSE), 1 - CLOSE)
    return end if miss(near) * miss(far) > 0 else float(brentq(miss, near, far, xtol=1e-9))


def _score(lost: float, gained: float, pictures: float, loss: float) -> float:
    """Tango's statistic: how many standard errors the measured loss lies above the assumed one."""
    first = 2 * pictures
    second = -lost - gained + (2 * pictures - lost + gained) * loss
    third = -gained * loss * (1 - loss)
    share = (math.sqrt(max(second**2 - 4 * first * third, 0.0)) - second) / (2 * first)
    variance = pictures * (2 * share + loss * (1 - loss))
    distance = lost - gained - pictures * loss
    return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance) if distance else 0.0
