"""Pictures that are answered by heads fitted without them, several times over, and how such answers are drawn anew."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from sklearn.model_selection import StratifiedGroupKFold

from vitrine.evaluation.probe.cross_validation import FOLDS, LabelIds
from vitrine.records.schema import Interval

Floats = npt.NDArray[np.float64]
Answers = npt.NDArray[np.bool_]
Weights = tuple[Floats, Floats]  # of the pictures, [1 + resamples, pictures], and of the repeats

RESAMPLES = 1000


@dataclass(frozen=True)
class Part:
    """One fold of one repeat: places of the pictures, those to learn from in the order in which they are taken."""

    repeat: int
    learned: LabelIds
    asked: LabelIds


def divide(label_ids: LabelIds, groups: LabelIds, measured: Answers, repeats: int, seed: int) -> Iterator[Part]:
    """Folds as in `linear_probe.cross_validate_head`, several times over.

    Args:
        label_ids: `[pictures]`.
        groups: a number for each picture; those of one number stay together, `[pictures]`.
        measured: which pictures are answered, `[pictures]`.
        repeats: how often all are divided.
        seed: of the draws.
    """
    tested, always = np.flatnonzero(measured), np.flatnonzero(~measured)
    most = min(FOLDS, len(np.unique(groups[tested])), int(np.bincount(label_ids[tested]).max()))
    for repeat in range(repeats):
        generator = np.random.default_rng((seed, repeat))
        folds = StratifiedGroupKFold(most, shuffle=True, random_state=int(generator.integers(2**31)))
        for learned, asked in folds.split(tested, label_ids[tested], groups[tested]):
            yield Part(repeat, generator.permutation(np.concatenate([tested[learned], always])), tested[asked])


def count_before(label_ids: LabelIds) -> LabelIds:
    """How many pictures of the same class come before each, `[pictures]`."""
    order = np.argsort(label_ids, kind="stable")
    sorted_ids = label_ids[order]
    turns = np.empty(len(label_ids), dtype=np.int64)
    turns[order] = np.arange(len(label_ids)) - np.searchsorted(sorted_ids, sorted_ids)
    return turns


def draw_weights(groups: LabelIds, measured: Answers, repeats: int, generator: np.random.Generator) -> Weights:
    """How often each measured picture and each repeat counts, `[1 + resamples, ...]`; the first counts all once.

    Pictures of a group are drawn together.

    Args:
        groups: a number for each picture, `[pictures]`.
        measured: which pictures are measured, `[pictures]`.
        repeats: of the measurement.
        generator: of the draws.
    """
    _, number = np.unique(groups[measured], return_inverse=True)
    count = int(number.max()) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    of_repeats = generator.multinomial(repeats, np.full(repeats, 1 / repeats), size=RESAMPLES)
    of_pictures = np.concatenate([np.ones((1, count)), drawn])[:, number]
    return of_pictures, np.concatenate([np.ones((1, repeats)), of_repeats])


def spread(values: Floats, unseen: float, confidence: float = 0.95) -> Interval:
    """Interval of a value and its resamples, in this order: symmetric, as wide as they deviate.

    Args:
        values: `[1 + resamples]`.
        unseen: variance that is added, since equal answers of the pictures at hand are no proof of equality.
        confidence: share of such intervals that hold the true value.
    """
    half = float(norm.ppf(0.5 + confidence / 2) * np.sqrt(values[1:].var() + unseen))
    return max(float(values[0]) - half, -1.0), min(float(values[0]) + half, 1.0)
