"""Is one recipe better than another? Paired tests on the same test pictures, for one training of each or several.

Two things make a difference uncertain: other test pictures would give another one, so would other trainings (seeds).
With one training of each, only the first can be seen, and the answer is about the two trained models (McNemar's test).
With several, a difference is shown only if both tests say so:

* pictures: the exact test that swaps the two variants' answers on each picture, of all seeds at once. For one seed this
  is McNemar's.
* seeds and pictures: a t-test whose variance is what a bootstrap over both would give (Owen 2007), computed directly,
  with the corrections for few seeds that the bootstrap lacks.

Either alone raises false alarms, the first with few seeds that differ, the second with few mistakes;
benchmarks/interval_coverage.py measures it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.signal import fftconvolve
from scipy.stats import binom, norm, t

from vitrine.errors import UserError
from vitrine.records.difference import Difference, Verdict

Answers = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SIGNIFICANT = 0.05
SMALLEST_P = 1e-12  # below, nobody looks for the exact value


@dataclass(frozen=True)
class _Parts:
    """What a difference consists of.

    Attributes:
        totals: whole numbers whose sum is the difference, up to a factor; one for each picture.
        of_pictures: variance of the mean difference that other pictures bring.
        of_seeds: variance of it that other seeds bring; 0 with one seed.
        degrees: of freedom of `of_seeds`; 0 with one seed, whose variance cannot be known.
        deviation: of the difference between seeds; None with one seed.
    """

    totals: npt.NDArray[np.int64]
    of_pictures: float
    of_seeds: float
    degrees: int
    deviation: float | None


def compare_answers(base: Answers, variant: Answers, paired_seeds: bool = True) -> Difference:
    """Compares two variants that answered the same test pictures; p_holm is p until `correct_together` was called.

    Args:
        base: whether each answer was right, `[seeds, pictures]`.
        variant: likewise.
        paired_seeds: row by row, base and variant had the same seed; without it the numbers of seeds may differ.

    Raises:
        UserError: shapes that do not fit, or no picture.
    """
    _check(base, variant, paired_seeds)
    seeds = (len(base), len(variant))
    is_paired = paired_seeds or seeds == (1, 1)
    parts = _take_apart(base, variant) if is_paired else _take_unpaired_apart(base, variant)
    mean = float(variant.mean()) - float(base.mean())
    p, interval = _test(mean, parts)
    return Difference(
        points=100 * mean,
        interval=(100 * interval[0], 100 * interval[1]),
        p=p,
        p_holm=p,
        verdict=_judge(mean, interval, p),
        about="recipes" if parts.degrees else "models",
        pictures=len(parts.totals),
        seeds=seeds,
        base_accuracy=float(base.mean()),
        variant_accuracy=float(variant.mean()),
        only_base_right=int((base & ~variant).sum()) if is_paired else None,
        only_variant_right=int((variant & ~base).sum()) if is_paired else None,
        seed_deviation=None if parts.deviation is None else 100 * parts.deviation,
    )


def correct_together(differences: Sequence[Difference]) -> list[Difference]:
    """Holm's correction (1979): with many comparisons, one is soon significant by chance.

    Args:
        differences: all that are looked at together.

    Returns:
        The same with p_holm and verdict for their number.
    """
    corrected = correct_holm([difference.p for difference in differences])
    return [
        one.model_copy(update={"p_holm": p, "verdict": _judge(one.points, one.interval, p)})
        for one, p in zip(differences, corrected, strict=True)
    ]


def correct_holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down correction of p values, in their order."""
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    stepped = np.maximum.accumulate(np.asarray(values, dtype=float)[order] * factors).clip(max=1.0)
    corrected = np.empty(len(values))
    corrected[order] = stepped
    return [float(value) for value in corrected]


def swap_test(totals: npt.NDArray[np.int64]) -> float:
    """Exact two-sided p that the signs of whole numbers are those of coins; of -1, 0 and 1 it is McNemar's.

    Args:
        totals: of each picture, for example by how many seeds more the variant named it rightly than the base.
    """
    sizes, counts = np.unique(np.abs(totals[totals != 0]), return_counts=True)
    chances = np.ones(1)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        # The sum of so many signs, 2 * size apart; zeros between them make one lattice of all sizes.
        signs = np.zeros(size * count + 1)
        signs[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = fftconvolve(chances, signs)
    reach = len(chances) - 1  # of the sum of the absolute numbers
    sums = 2 * np.arange(reach + 1) - reach
    as_far = np.abs(sums) >= abs(int(totals.sum()))
    return float(np.clip(chances[as_far].sum(), 0.0, 1.0))


def _check(base: Answers, variant: Answers, paired_seeds: bool) -> None:
    if base.ndim != 2 or variant.ndim != 2 or base.shape[1] != variant.shape[1] or not base.size or not variant.size:
        raise UserError(
            "comparison: base and variant need answers to the same test pictures, one row for each seed; found "
            f"{' x '.join(map(str, base.shape))} and {' x '.join(map(str, variant.shape))}"
        )
    if paired_seeds and len(base) != len(variant):
        raise UserError(
            f"comparison: {len(base)} seeds of the base and {len(variant)} of the variant; run the missing ones, or "
            "compare seeds that are not paired"
        )


def _take_apart(base: Answers, variant: Answers) -> _Parts:
    """Row by row the same seed."""
    differences = variant.astype(np.int64) - base.astype(np.int64)
    seeds, totals = len(base), differences.sum(axis=0)
    of_pictures = _sum_squares((totals - totals.mean()) / base.size)
    if seeds == 1:
        return _Parts(totals, _widen(of_pictures, len(totals)), 0.0, 0, None)
    of_seeds = differences.mean(axis=1).var(ddof=1) / seeds
    return _Parts(
        totals=totals,
        # Both hold the chance of a single answer; it counts once.
        of_pictures=_widen(max(of_pictures - _interaction(differences), 0.0), len(totals)),
        of_seeds=float(of_seeds),
        degrees=seeds - 1,
        deviation=math.sqrt(of_seeds * seeds),
    )


def _take_unpaired_apart(base: Answers, variant: Answers) -> _Parts:
    """Seeds of the base have nothing to do with those of the variant; both are taken to vary alike."""
    both = (base, variant)
    shares = variant.mean(axis=0) - base.mean(axis=0)
    of_pictures = _sum_squares((shares - shares.mean()) / len(shares))
    of_answers = sum(_interaction(own.astype(np.int64)) for own in both if len(own) > 1)
    degrees = len(base) + len(variant) - 2
    own_means = [own.mean(axis=1) for own in both]
    pooled = sum(float(((means - means.mean()) ** 2).sum()) for means in own_means) / degrees
    return _Parts(
        totals=variant.sum(axis=0, dtype=np.int64) * len(base) - base.sum(axis=0, dtype=np.int64) * len(variant),
        of_pictures=_widen(max(of_pictures - of_answers, 0.0), len(shares)),
        of_seeds=pooled * (1 / len(base) + 1 / len(variant)),
        degrees=degrees,
        deviation=math.sqrt(2 * pooled),
    )


def _sum_squares(residuals: Floats) -> float:
    """Variance of the sum of independent residuals, estimated from themselves."""
    return float((residuals**2).sum()) * len(residuals) / max(len(residuals) - 1, 1)


def _interaction(values: npt.NDArray[np.int64]) -> float:
    """Variance of the mean of `[seeds, pictures]` that is neither of the seeds nor of the pictures."""
    seeds, pictures = values.shape
    own: Floats = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((own**2).sum() / max((seeds - 1) * (pictures - 1), 1) / (seeds * pictures))


def _widen(variance: float, pictures: int) -> float:
    """The variance with two pictures more that differ, one each way."""
    return (variance + 2 / pictures**2) * (pictures / (pictures + 2)) ** 2


def _test(mean: float, parts: _Parts) -> tuple[float, tuple[float, float]]:
    """The p value and the interval.

    With two pictures added, one for each side (Bonett and Price 2012, for McNemar's table), the interval has a width
    though all answers be the same, and covers rightly where few pictures differ. The two variances are joined after
    Howe (1974), each with its own quantile: Satterthwaite's degrees of freedom raise 13 % false alarms with two seeds.
    """
    count = len(parts.totals)
    center = mean * count / (count + 2)

    def half_width(p: float) -> float:
        of_seeds = float(t.isf(p / 2, parts.degrees)) ** 2 * parts.of_seeds if parts.degrees else 0.0
        return math.sqrt(of_seeds + float(norm.isf(p / 2)) ** 2 * parts.of_pictures)

    p = swap_test(parts.totals)
    if parts.degrees and half_width(SMALLEST_P) > abs(center):
        # The p at which the interval just touches 0.
        p = max(p, float(brentq(lambda level: half_width(level) - abs(center), SMALLEST_P, 1.0, xtol=1e-12)))
    half = half_width(SIGNIFICANT)
    return p, (max(center - half, -1.0), min(center + half, 1.0))


def _judge(mean: float, interval: tuple[float, float], p: float) -> Verdict:
    if p >= SIGNIFICANT or interval[0] <= 0 <= interval[1]:
        return Verdict.NOT_SHOWN
    return Verdict.BETTER if mean > 0 else Verdict.WORSE
