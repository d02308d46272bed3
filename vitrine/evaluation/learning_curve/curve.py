"""Would more pictures help, and of which class? Heads fitted on growing parts of the pictures tell in seconds.

Everything takes features `[pictures, width]` of a frozen network and label ids `[pictures]`, and never sees a test
picture. Every picture is answered by heads that were fitted without its fold, so a curve rests on all of them.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from vitrine.evaluation.intervals import score_interval
from vitrine.evaluation.learning_curve.class_gains import ADDED, answer_without, choose_classes, weigh_classes
from vitrine.evaluation.learning_curve.held_out import (
    Answers,
    Floats,
    Part,
    Weights,
    count_before,
    divide,
    draw_weights,
)
from vitrine.evaluation.learning_curve.power_law import FEWEST_POINTS, PowerLaws, fit_power_laws
from vitrine.evaluation.probe.cross_validation import Features, LabelIds, is_measurable
from vitrine.evaluation.probe.linear_probe import answer_with_head, check_features
from vitrine.records.learning_curve import ClassGain, CurvePoint, LearningCurve, Outlook
from vitrine.records.schema import Interval

__all__ = ["ClassGain", "CurvePoint", "LearningCurve", "Outlook", "measure_learning_curve"]

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
REPEATS = 4
FACTORS = (1.0, 2.0, 4.0)
USUAL_EXPONENT = 0.5  # of the law, where there are too few points to fit it
MOST_LEFT_OUT = 3  # first points of the curve
NEARLY_ALL = 0.8  # a size above this share of the largest class would repeat the last point


def measure_learning_curve(
    features: Features,
    label_ids: LabelIds,
    label_names: Sequence[str],
    groups: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
    repeats: int = REPEATS,
) -> LearningCurve:
    """The curve, what it foretells, and what more pictures of each class would bring.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`, from 0.
        label_names: in the order of the label ids.
        groups: pictures of one group (copies, one person, one place) never answer for each other; `[pictures]`.
        seed: of the divisions and the bootstrap.
        repeats: divisions into folds; more take longer and make the curve smoother.

    Raises:
        UserError: fewer than two classes can be measured, or the features do not tell any two pictures apart.
    """
    groups = np.arange(len(label_ids)) if groups is None else groups
    check_features(features, label_ids, groups)
    measured = is_measurable(label_ids, groups)
    with threadpool_limits(1), warnings.catch_warnings():
        # See `linear_probe.cross_validate_head`: neither threads nor sklearn's warnings help here.
        warnings.filterwarnings("ignore", module="sklearn")
        parts = list(divide(label_ids, groups, measured, repeats, seed))
        sizes = _choose_sizes(label_ids, parts)
        right, used = _answer_sizes(features, label_ids, parts, sizes, repeats)
        chosen = choose_classes(label_ids, right[:, -1], measured, parts)
        without = answer_without(features, label_ids, parts, chosen, repeats)
    weights = draw_weights(groups, measured, repeats, np.random.default_rng(seed))
    errors = _mean_over(~right, measured, weights)
    laws = _fit(used, errors, seed) if len(used) >= FEWEST_POINTS else None
    exponent = USUAL_EXPONENT if laws is None else float(laws.exponent[0])
    asked = int(measured.sum())
    return LearningCurve(
        pictures=len(label_ids),
        measured=asked,
        classes=len(np.unique(label_ids)),
        folds=len(parts) // repeats,
        repeats=repeats,
        seed=seed,
        points=[
            CurvePoint(
                at_most=size, pictures_per_class=mean, accuracy=1 - float(own[0]), interval=_surround(1 - own, asked)
            )
            for size, mean, own in zip(sizes, used.tolist(), errors.T, strict=True)
        ],
        floor=None if laws is None else float(laws.floor[0]),
        scale=None if laws is None else float(laws.scale[0]),
        exponent=None if laws is None else float(laws.exponent[0]),
        foretold=_foretell_last(used, errors[:1]),
        outlooks=[] if laws is None else _look_ahead(laws, len(label_ids) / len(np.unique(label_ids)), asked),
        added=ADDED,
        gains=weigh_classes(label_ids, label_names, right[:, -1], without, measured, weights, parts, exponent),
        not_looked_at=[label_names[label_id] for label_id in np.unique(label_ids).tolist() if label_id not in chosen],
    )


def _choose_sizes(label_ids: LabelIds, parts: Sequence[Part]) -> list[int | None]:
    largest = max(int(np.bincount(label_ids[part.learned]).max()) for part in parts)
    sizes: list[int | None] = [size for size in SIZES if size <= NEARLY_ALL * largest]
    return [*sizes, None]


def _answer_sizes(
    features: Features, label_ids: LabelIds, parts: Sequence[Part], sizes: Sequence[int | None], repeats: int
) -> tuple[Answers, Floats]:
    """Whether each picture was rightly named, `[repeats, sizes, pictures]`, and the mean pictures of a class."""
    right = np.zeros((repeats, len(sizes), len(label_ids)), dtype=bool)
    used = np.zeros(len(sizes))
    for part in parts:
        turns = count_before(label_ids[part.learned])
        for place, size in enumerate(sizes):
            chosen = part.learned if size is None else part.learned[turns < size]
            answers, _ = answer_with_head(features[chosen], label_ids[chosen], features[part.asked])
            right[part.repeat, place, part.asked] = answers == label_ids[part.asked]
            used[place] += len(chosen) / len(np.unique(label_ids[chosen])) / len(parts)
    return right, used


def _mean_over(values: Answers, measured: Answers, weights: Weights) -> Floats:
    """Means over repeats and measured pictures, `[1 + resamples, sizes]`, of `[repeats, sizes, pictures]`."""
    of_pictures, of_repeats = weights
    kept = values[..., measured].astype(float)
    sums = np.einsum("bp,rsp->brs", of_pictures, kept, optimize=True)
    totals = of_pictures.sum(axis=1) * of_repeats.sum(axis=1)
    means: Floats = np.einsum("br,brs->bs", of_repeats, sums) / totals[:, np.newaxis]
    return means


def _surround(values: Floats, pictures: int) -> Interval:
    """Interval of an accuracy and its resamples, in this order."""
    return score_interval(float(values[0]), float(values[1:].var()), pictures)


def _percentiles(values: Floats) -> Interval:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return min(float(low), float(values[0])), max(float(high), float(values[0]))


def _fit(used: Floats, errors: Floats, seed: int) -> PowerLaws:
    """One law for each row of errors, through its last point.

    That of a resample leaves out up to so many of the first points, by lot. No law is quite right: where the
    curve is cut changes what it foretells, and the interval shall tell so.
    """
    starts = np.random.default_rng((seed, 1)).integers(
        min(len(used) - FEWEST_POINTS, MOST_LEFT_OUT) + 1, size=len(errors)
    )
    starts[0] = 0
    fitted = np.empty((3, len(errors)))
    for start in np.unique(starts).tolist():
        rows = starts == start
        laws = fit_power_laws(used[start:], errors[rows, start:])
        fitted[:, rows] = laws.floor, laws.scale, laws.exponent
    return PowerLaws(*fitted).through(float(used[-1]), errors[:, -1])


def _look_ahead(laws: PowerLaws, today: float, asked: int) -> list[Outlook]:
    now = laws.predict(today)
    outlooks = []
    for factor in FACTORS:
        errors = laws.predict(today * factor).clip(0, 1)
        gains = now - errors
        outlooks.append(
            Outlook(
                factor=factor,
                pictures_per_class=today * factor,
                accuracy=1 - float(errors[0]),
                interval=_surround(1 - errors, asked),
                gain=float(gains[0]),
                gain_interval=_percentiles(gains),
            )
        )
    return outlooks


def _foretell_last(used: Floats, errors: Floats) -> float | None:
    """What the first half of the curve says of its last point."""
    known = used <= used[-1] / 2
    if known.sum() < FEWEST_POINTS:
        return None
    law = fit_power_laws(used[known], errors[:, known]).through(float(used[known][-1]), errors[:, known][:, -1])
    return 1 - float(law.predict(float(used[-1]))[0].clip(0, 1))
