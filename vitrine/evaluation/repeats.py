"""Repeated trainings of some variants, summed up: means, spreads, intervals, and every pair held against each other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from vitrine.evaluation.intervals import CONFIDENCE, score_interval
from vitrine.evaluation.significance import compare_answers, correct_together
from vitrine.records.comparison import PairFigures, RunFigures, Spread, VariantFigures, Way
from vitrine.records.difference import Difference, Verdict

Answers = npt.NDArray[np.bool_]
Repeat = tuple[int, int | None]  # seed, fold


@dataclass(frozen=True)
class TestAnswers:
    """Which test pictures a variant's runs named rightly.

    Attributes:
        pictures: a name for each picture and its true class, unique; equal names are the same picture.
        repeats: seed and fold of each run.
        right: `[runs, pictures]`.
    """

    __test__ = False  # pytest takes classes of this name for tests

    pictures: tuple[str, ...]
    repeats: tuple[Repeat, ...]
    right: Answers


def summarize_variants(runs: Sequence[RunFigures], answers: Mapping[str, TestAnswers]) -> list[VariantFigures]:
    """One row for each variant with a finished run, in the order of `answers`.

    Args:
        runs: all finished runs.
        answers: by variant.
    """
    return [_summarize(name, [run for run in runs if run.variant == name], own) for name, own in answers.items()]


def _summarize(name: str, runs: Sequence[RunFigures], answers: TestAnswers) -> VariantFigures:
    figures = (
        "accuracy", "macro_f1", "cohen_kappa", "validation_accuracy", "training_accuracy", "seconds", "cpu_seconds",
        "images_per_second",
    )  # fmt: skip
    later = ("test_loss", "validation_loss", "epoch_seconds", "validation_seconds")  # than the first builds
    return VariantFigures(
        name=name,
        runs=len(runs),
        test_pictures=len(answers.pictures),
        accuracy_interval=repeated_interval(answers.right),
        parameters=runs[0].parameters,
        trainable_parameters=runs[0].trainable_parameters,
        **{figure: _spread([getattr(run, figure) for run in runs]) for figure in figures},
        **{figure: _spread_if_known([getattr(run, figure) for run in runs]) for figure in later},
    )


def _spread_if_known(values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return _spread(known) if len(known) == len(values) else None


def _spread(values: Sequence[float]) -> Spread:
    return Spread(mean=float(np.mean(values)), deviation=float(np.std(values, ddof=1)) if len(values) > 1 else None)


def repeated_interval(right: Answers) -> tuple[float, float]:
    """95 % interval of a mean accuracy, for other test pictures and, with several runs, other seeds.

    The two variances of the mean, between pictures and between runs, are added, which is a little too much and never
    too little (Cameron, Gelbach and Miller 2011 subtract what both count). Wilson's formula follows with the number of
    pictures that would have such a variance, and Student's t in place of the normal for few runs.

    Args:
        right: `[runs, pictures]`.
    """
    mean = float(right.mean())
    variance, degrees = _variance(right)
    wider = (float(t.ppf(0.5 + CONFIDENCE / 2, degrees)) / float(norm.ppf(0.5 + CONFIDENCE / 2))) ** 2
    low, high = score_interval(mean, variance * (wider if len(right) > 1 else 1.0), right.shape[1])
    return low, high


def _variance(right: Answers) -> tuple[float, float]:
    """Variance of the mean, and degrees of freedom of its estimate (Satterthwaite 1946)."""
    runs, pictures = right.shape
    mean = float(right.mean())
    if runs == 1 or pictures == 1:
        return mean * (1 - mean) / pictures, math.inf
    of_pictures = float(right.mean(axis=0).var(ddof=0)) / pictures
    of_runs = float(right.mean(axis=1).var(ddof=1)) / runs
    total = of_pictures + of_runs
    if total == 0:
        return 0.0, math.inf
    return total, total**2 / (of_pictures**2 / (pictures - 1) + of_runs**2 / (runs - 1))


def compare_all(answers: Mapping[str, TestAnswers], reference: str) -> list[PairFigures]:
    """Every pair, those with the reference first; p values are corrected for all of them together.

    Args:
        answers: by variant.
        reference: the variant that the others are held against; may be missing where none of its runs is done.
    """
    order = sorted(answers, key=lambda name: name != reference)  # stable: the others stay as they are
    pairs = [(base, variant, *_compare(answers[base], answers[variant])) for base, variant in combinations(order, 2)]
    corrected = correct_together([difference for *_, difference in pairs])
    return [
        PairFigures(base=base, variant=variant, way=way, difference=difference)
        for (base, variant, way, _), difference in zip(pairs, corrected, strict=True)
    ]


def _compare(base: TestAnswers, variant: TestAnswers) -> tuple[Way, Difference]:
    if set(base.pictures) != set(variant.pictures):
        return "other_pictures", _compare_means(base.right, variant.right)
    columns = {picture: place for place, picture in enumerate(variant.pictures)}
    same_order = variant.right[:, [columns[picture] for picture in base.pictures]]
    common = [repeat for repeat in base.repeats if repeat in variant.repeats]
    if not common:
        return "other_seeds", compare_answers(base.right, same_order, paired_seeds=False)
    rows = ([one.repeats.index(repeat) for repeat in common] for one in (base, variant))
    base_rows, variant_rows = rows
    return "paired", compare_answers(base.right[base_rows], same_order[variant_rows])


def _compare_means(base: Answers, variant: Answers) -> Difference:
    """Two means of different test pictures: their variances add up (Welch's test)."""
    variances = []
    for right in (base, variant):
        # One picture of each kind more, so that a variant without a mistake has a variance (Agresti and Caffo 2000).
        share = (float(right.mean()) * right.shape[1] + 1) / (right.shape[1] + 2)
        variance, degrees = _variance(right)
        variances.append((max(variance, share * (1 - share) / (right.shape[1] + 2)), min(degrees, right.shape[1])))
    total = sum(variance for variance, _ in variances)
    freedom = total**2 / sum(variance**2 / degrees for variance, degrees in variances)
    mean = float(variant.mean()) - float(base.mean())
    half = float(t.ppf(0.5 + CONFIDENCE / 2, freedom)) * math.sqrt(total)
    p = 2 * float(t.sf(abs(mean) / math.sqrt(total), freedom))
    return Difference(
        points=100 * mean,
        interval=(100 * max(mean - half, -1.0), 100 * min(mean + half, 1.0)),
        p=p,
        p_holm=p,
        verdict=Verdict.NOT_SHOWN,  # until the correction judges
        about="models" if max(len(base), len(variant)) == 1 else "recipes",
        pictures=min(base.shape[1], variant.shape[1]),
        seeds=(len(base), len(variant)),
        base_accuracy=float(base.mean()),
        variant_accuracy=float(variant.mean()),
        only_base_right=None,
        only_variant_right=None,
        seed_deviation=None,
    )
