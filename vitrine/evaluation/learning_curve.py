"""Would more pictures help, and of which class? Heads fitted on growing parts of the pictures tell in seconds.

Everything takes features `[pictures, width]` of a frozen network and label ids `[pictures]`, and never sees a test
picture. Every picture is answered by heads that were fitted without its fold, so a curve rests on all of them.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from vitrine.evaluation.feasibility import Features, LabelIds, answer_with_head, check_features, fit_head, is_measurable
from vitrine.evaluation.learning_curve_sections import ClassGain, CurvePoint, LearningCurve, Outlook
from vitrine.evaluation.power_law import FEWEST_POINTS, PowerLaws, fit_power_laws
from vitrine.evaluation.uncertainty import Interval

__all__ = ["ClassGain", "CurvePoint", "LearningCurve", "Outlook", "measure_learning_curve"]

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[np.bool_]

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
FOLDS = 5
REPEATS = 4
RESAMPLES = 1000
FACTORS = (1.0, 2.0, 4.0)
ADDED = 20
MOST_CLASSES = 12  # whose gain is looked at; each takes a fit for each fold and repeat
FEWEST_LEFT = 2  # pictures of a class that must be left when some are taken away
NEARLY_ALL = 0.8  # a size above this share of the largest class would repeat the last point
CLEAR_EXPONENTS = (0.25, 1.0)  # of the worth of more pictures, where the curve leaves it open
WARM_TOLERANCE = 1e-5  # of the gradient; a tenth of sklearn's, since the start is near already


@dataclass(frozen=True)
class _Part:
    """One fold of one repeat: places of the pictures, those to learn from in the order in which they are taken."""

    repeat: int
    learned: LabelIds
    asked: LabelIds


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
        # See `feasibility.cross_validate_head`: neither threads nor sklearn's warnings help here.
        warnings.filterwarnings("ignore", module="sklearn")
        parts = list(_divide(label_ids, groups, measured, repeats, seed))
        sizes = _choose_sizes(label_ids, parts)
        right, used = _answer_sizes(features, label_ids, parts, sizes, repeats)
        chosen = _choose_classes(label_ids, right[:, -1], measured, parts)
        without = _answer_without(features, label_ids, parts, chosen, repeats)
    weights = _resample(groups, measured, repeats, np.random.default_rng(seed))
    errors = _mean_over(~right, measured, weights)
    laws = fit_power_laws(used, errors) if len(used) >= FEWEST_POINTS else None
    return LearningCurve(
        pictures=len(label_ids),
        measured=int(measured.sum()),
        classes=len(np.unique(label_ids)),
        folds=len(parts) // repeats,
        repeats=repeats,
        seed=seed,
        points=[
            CurvePoint(at_most=size, pictures_per_class=mean, accuracy=1 - float(own[0]), interval=_spread(1 - own))
            for size, mean, own in zip(sizes, used.tolist(), errors.T, strict=True)
        ],
        floor=None if laws is None else float(laws.floor[0]),
        scale=None if laws is None else float(laws.scale[0]),
        exponent=None if laws is None else float(laws.exponent[0]),
        foretold=_foretell_last(used, errors[:1]),
        outlooks=[] if laws is None else _look_ahead(laws, len(label_ids) / len(np.unique(label_ids))),
        added=ADDED,
        gains=_weigh_classes(label_ids, label_names, right[:, -1], without, measured, weights, laws, parts),
        not_looked_at=[label_names[label_id] for label_id in np.unique(label_ids).tolist() if label_id not in chosen],
    )


def _divide(label_ids: LabelIds, groups: LabelIds, measured: Answers, repeats: int, seed: int) -> Iterator[_Part]:
    """Folds as in `feasibility.cross_validate_head`, several times over."""
    tested, always = np.flatnonzero(measured), np.flatnonzero(~measured)
    most = min(FOLDS, len(np.unique(groups[tested])), int(np.bincount(label_ids[tested]).max()))
    for repeat in range(repeats):
        generator = np.random.default_rng((seed, repeat))
        folds = StratifiedGroupKFold(most, shuffle=True, random_state=int(generator.integers(2**31)))
        for learned, asked in folds.split(tested, label_ids[tested], groups[tested]):
            yield _Part(repeat, generator.permutation(np.concatenate([tested[learned], always])), tested[asked])


def _turns(label_ids: LabelIds) -> LabelIds:
    """How many pictures of the same class come before each, `[pictures]`."""
    order = np.argsort(label_ids, kind="stable")
    sorted_ids = label_ids[order]
    turns = np.empty(len(label_ids), dtype=np.int64)
    turns[order] = np.arange(len(label_ids)) - np.searchsorted(sorted_ids, sorted_ids)
    return turns


def _choose_sizes(label_ids: LabelIds, parts: Sequence[_Part]) -> list[int | None]:
    largest = max(int(np.bincount(label_ids[part.learned]).max()) for part in parts)
    sizes: list[int | None] = [size for size in SIZES if size <= NEARLY_ALL * largest]
    return [*sizes, None]


def _answer_sizes(
    features: Features, label_ids: LabelIds, parts: Sequence[_Part], sizes: Sequence[int | None], repeats: int
) -> tuple[Answers, Floats]:
    """Whether each picture was rightly named, `[repeats, sizes, pictures]`, and the mean pictures of a class."""
    right = np.zeros((repeats, len(sizes), len(label_ids)), dtype=bool)
    used = np.zeros(len(sizes))
    for part in parts:
        turns = _turns(label_ids[part.learned])
        for place, size in enumerate(sizes):
            chosen = part.learned if size is None else part.learned[turns < size]
            answers, _ = answer_with_head(features[chosen], label_ids[chosen], features[part.asked])
            right[part.repeat, place, part.asked] = answers == label_ids[part.asked]
            used[place] += len(chosen) / len(np.unique(label_ids[chosen])) / len(parts)
    return right, used


def _choose_classes(label_ids: LabelIds, right: Answers, measured: Answers, parts: Sequence[_Part]) -> list[int]:
    """Classes of which some pictures can be taken away; where there are many, those with the lowest recall."""
    possible = []
    for label_id in np.unique(label_ids[measured]).tolist():
        fewest = min(int((label_ids[part.learned] == label_id).sum()) for part in parts)
        if fewest >= 2 * FEWEST_LEFT:
            possible.append((float(right[:, label_ids == label_id].mean()), label_id))
    return [label_id for _, label_id in sorted(possible)[:MOST_CLASSES]]


def _count_removed(pictures: int) -> int:
    """As many as shall be added, or half of them."""
    return min(ADDED, pictures // 2)


def _answer_without(
    features: Features, label_ids: LabelIds, parts: Sequence[_Part], classes: Sequence[int], repeats: int
) -> dict[int, Answers]:
    """For each class, the answers of heads that had some pictures of it fewer, `[repeats, pictures]`."""
    right = {label_id: np.zeros((repeats, len(label_ids)), dtype=bool) for label_id in classes}
    for part in parts if classes else ():
        turns = _turns(label_ids[part.learned])
        scaler, head = fit_head(features[part.learned], label_ids[part.learned])
        # From the head with all pictures it is a few steps to the head with some fewer; a new start takes ten times as
        # long.
        head.set_params(warm_start=True, tol=WARM_TOLERANCE)
        start, offset = head.coef_, head.intercept_
        scaled, asked = scaler.transform(features[part.learned]), scaler.transform(features[part.asked])
        for label_id in classes:
            own = label_ids[part.learned] == label_id
            left = int(own.sum()) - _count_removed(int(own.sum()))
            chosen = ~own | (turns < left)
            head.coef_, head.intercept_ = start.copy(), offset.copy()
            head.fit(scaled[chosen], label_ids[part.learned][chosen])
            right[label_id][part.repeat, part.asked] = head.predict(asked) == label_ids[part.asked]
    return right


def _resample(
    groups: LabelIds, measured: Answers, repeats: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """How often each measured picture and each repeat counts, `[1 + resamples, ...]`; the first counts all once.

    Pictures of a group are drawn together.
    """
    _, number = np.unique(groups[measured], return_inverse=True)
    count = int(number.max()) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    of_repeats = generator.multinomial(repeats, np.full(repeats, 1 / repeats), size=RESAMPLES)
    of_pictures = np.concatenate([np.ones((1, count)), drawn])[:, number]
    return of_pictures, np.concatenate([np.ones((1, repeats)), of_repeats])


def _mean_over(values: npt.NDArray[np.generic], measured: Answers, weights: tuple[Floats, Floats]) -> Floats:
    """Means over repeats and measured pictures, `[1 + resamples, sizes]`, of `[repeats, sizes, pictures]`."""
    of_pictures, of_repeats = weights
    kept = values[..., measured].astype(float)
    sums = np.einsum("bp,rsp->brs", of_pictures, kept, optimize=True)
    totals = of_pictures.sum(axis=1) * of_repeats.sum(axis=1)
    means: Floats = np.einsum("br,brs->bs", of_repeats, sums) / totals[:, np.newaxis]
    return means


def _spread(values: Floats, confidence: float = 0.95) -> Interval:
    """Interval of a value and its resamples, in this order: symmetric, as wide as they deviate."""
    half = float(norm.ppf(0.5 + confidence / 2) * values[1:].std())
    return max(float(values[0]) - half, -1.0), min(float(values[0]) + half, 1.0)


def _percentiles(values: Floats) -> Interval:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return min(float(low), float(values[0])), max(float(high), float(values[0]))


def _look_ahead(laws: PowerLaws, today: float) -> list[Outlook]:
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
                interval=_percentiles(1 - errors),
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
    law = fit_power_laws(used[known], errors[:, known])
    return 1 - float(law.predict(float(used[-1]))[0].clip(0, 1))


def _weigh_classes(
    label_ids: LabelIds,
    label_names: Sequence[str],
    right: Answers,
    without: dict[int, Answers],
    measured: Answers,
    weights: tuple[Floats, Floats],
    laws: PowerLaws | None,
    parts: Sequence[_Part],
) -> list[ClassGain]:
    """What the pictures that were taken away were worth, turned into what more of them would bring."""
    exponent = 0.5 if laws is None else float(np.clip(laws.exponent[0], *CLEAR_EXPONENTS))
    before = _recalls(right, label_ids, measured, weights)
    gains = []
    for label_id, answers in without.items():
        pictures = int((label_ids == label_id).sum())
        learned = float(np.mean([(label_ids[part.learned] == label_id).sum() for part in parts]))
        removed = _count_removed(int(learned))
        lost = (learned - removed) ** -exponent - learned**-exponent
        factor = (pictures**-exponent - (pictures + ADDED) ** -exponent) / lost
        change = factor * (before - _recalls(answers, label_ids, measured, weights))
        own = np.flatnonzero(np.unique(label_ids[measured]) == label_id)[0]
        together, alone = change.mean(axis=1), change[:, own]
        gains.append(
            ClassGain(
                label_name=label_names[label_id],
                pictures=pictures,
                recall=float(before[0, own]),
                recall_interval=_spread(before[:, own]),
                removed=removed,
                gain=float(together[0]),
                gain_interval=_spread(together),
                recall_gain=float(alone[0]),
                recall_gain_interval=_spread(alone),
                shown=_spread(together, 1 - 0.05 / len(without))[0] > 0,
            )
        )
    return sorted(gains, key=lambda gain: (not gain.shown, -gain.gain))


def _recalls(right: Answers, label_ids: LabelIds, measured: Answers, weights: tuple[Floats, Floats]) -> Floats:
    """Recall of each measured class, `[1 + resamples, classes]`, from `[repeats, pictures]`."""
    of_pictures, of_repeats = weights
    own = label_ids[measured]
    member = (own[:, np.newaxis] == np.unique(own)).astype(float)
    hits = of_repeats @ right[:, measured].astype(float) / of_repeats.sum(axis=1, keepdims=True)
    totals = of_pictures @ member
    # A class that a resample leaves out has no recall there; the mean over the pictures' own is the nearest to say.
    recalls: Floats = np.divide((of_pictures * hits) @ member, totals, out=np.zeros_like(totals), where=totals > 0)
    return recalls
