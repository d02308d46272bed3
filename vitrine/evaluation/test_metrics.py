"""What the test pictures say of a model: each figure with its 95 % interval and the number of pictures behind it.

Intervals of shares are Wilson's; of all other scores, Wilson's with the effective number of pictures that the
stratified bootstrap gives (`intervals.score_interval`); of the log loss, symmetric in the logarithm.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vitrine.errors import UserError
from vitrine.evaluation.bootstrap import RESAMPLES, limit_resamples, resample_blocks, resample_matrix
from vitrine.evaluation.confusion_scores import BOUNDS, MOST_EFFECTIVE, ClassCounts, score_classes, score_together
from vitrine.evaluation.intervals import (
    FEW_MISTAKES,
    effective_images,
    mean_interval,
    score_interval,
    wilson_interval,
)
from vitrine.evaluation.metrics import compute_metrics
from vitrine.evaluation.probability_scores import (
    brier_losses,
    check_probabilities,
    log_losses,
)
from vitrine.evaluation.ranking import Ranking
from vitrine.listing import suggest
from vitrine.records.evidence import ClassFigures, DuplicateFigures, TargetFigures, TestEvidence, store_matrix
from vitrine.records.schema import Interval
from vitrine.records.scratch import scratch_array

Floats = npt.NDArray[np.float64]
LabelIds = npt.NDArray[np.int64]

NUMBERS_AT_ONCE = 2_000_000  # of probabilities or weights
FEWEST_AT_ONCE = 16  # resamples: of fewer than one line of the processor's cache the rest would be read for nothing


def measure_test(
    probabilities: Floats,
    label_ids: LabelIds,
    label_names: Sequence[str],
    top_k: int,
    target: str | None = None,
    has_duplicate: npt.NDArray[np.bool_] | None = None,
    has_series: npt.NDArray[np.bool_] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> TestEvidence:
    """Everything that the test pictures say.

    Args:
        probabilities: `[pictures, num_labels]`; at least one picture.
        label_ids: true classes, `[pictures]`.
        label_names: in the order of the label ids.
        top_k: for the top-k accuracy; at most the number of classes counts.
        target: name of the class that the recipe asks for.
        has_duplicate: whether training holds a near-duplicate of the picture, `[pictures]`; see `data.prepared.groups`.
        has_series: whether training holds a picture of its series, likewise.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        UserError: probabilities that are not numbers, no picture, or a target that is not a class.
    """
    if not len(label_ids):
        raise UserError("test: there is no test picture, so nothing can be measured; prepare the data with data.test")
    if target is not None and target not in label_names:
        raise UserError(f"labels.target: '{target}' is not a class of this model{suggest(target, label_names)}")
    check_probabilities(probabilities)
    flat = compute_metrics(probabilities, label_ids, label_names, top_k)
    matrix = np.asarray(flat["confusion_matrix"], dtype=np.int64)
    generator = np.random.default_rng(seed)
    drawn = resample_matrix(matrix, resamples, generator)
    affordable = limit_resamples(resamples, len(label_ids), len(label_names))
    ranked, mean_losses = _resample(probabilities, label_ids, resample_blocks(label_ids, affordable, generator))
    rows = _describe_classes(flat["per_class"], matrix, drawn, ranked)
    scores, intervals = _score_together(flat, matrix, drawn, ranked)
    losses = _score_losses(probabilities, label_ids, mean_losses)
    is_right = probabilities.argmax(axis=1) == label_ids
    return TestEvidence(
        pictures=len(label_ids),
        accuracy=flat["accuracy"],
        accuracy_interval=intervals["accuracy"],
        top_k=flat["top_k"],
        top_k_accuracy=flat["top_k_accuracy"],
        **scores,
        **{name: value for name, (value, _) in losses.items()},
        per_class=rows,
        **store_matrix(matrix),
        target=_describe_target(rows, target, len(label_ids)),
        duplicates=None if has_duplicate is None else compare_duplicates(is_right, has_duplicate),
        series=None if has_series is None else compare_duplicates(is_right, has_series),
        intervals=intervals | {name: interval for name, (_, interval) in losses.items()},
        resamples=resamples,
        seed=seed,
    )


def compare_duplicates(is_right: npt.NDArray[np.bool_], has_duplicate: npt.NDArray[np.bool_]) -> DuplicateFigures:
    """Accuracy of the pictures that have a near-duplicate in training, and of the others.

    Args:
        is_right: whether each picture was rightly named, `[pictures]`.
        has_duplicate: `[pictures]`.
    """
    duplicate, other = is_right[has_duplicate], is_right[~has_duplicate]
    return DuplicateFigures(
        pictures=len(duplicate),
        accuracy=float(duplicate.mean()) if len(duplicate) else None,
        accuracy_interval=_share_interval(int(duplicate.sum()), len(duplicate)),
        other_pictures=len(other),
        other_accuracy=float(other.mean()) if len(other) else None,
        other_accuracy_interval=_share_interval(int(other.sum()), len(other)),
    )


def _share_interval(right: int, total: int) -> Interval | None:
    return wilson_interval(right, total) if total else None


def _resample(
    probabilities: Floats, label_ids: LabelIds, blocks: Iterable[npt.NDArray[np.float32]]
) -> tuple[list[Floats | None], list[Floats]]:
    """What drawn test sets say of the ranking of each class and of the losses; they are drawn in blocks, one at a time.

    Returns:
        For each class its AUC and average precision, `[2, 1 + resamples]`, the measured value first; None where all
        pictures or none are of it. Then the mean log loss and the mean Brier loss of each drawn set, `[resamples]`.
    """
    losses = [each(probabilities, label_ids).astype(np.float32) for each in (log_losses, brier_losses)]
    rankings = _rank_classes(probabilities, label_ids)
    scores: list[list[Floats]] = [[] for _ in rankings]
    means: list[list[Floats]] = []
    for weights in blocks:
        means.append([weights.T @ loss / len(label_ids) for loss in losses])
        for some in _cut(weights, is_first=len(means) == 1):
            for parts, ranking in zip(scores, rankings, strict=True):
                if ranking is not None:
                    parts.append(ranking.score(some))
    by_class = [np.concatenate(parts, axis=1) if parts else None for parts in scores]
    return by_class, [np.concatenate(parts) for parts in zip(*means, strict=True)]


def _cut(weights: npt.NDArray[np.float32], is_first: bool) -> Iterator[npt.NDArray[np.float32]]:
    """A few resamples at a time, as what is computed of them takes many times their memory; the measured set first."""
    pictures, resamples = weights.shape
    size = max(FEWEST_AT_ONCE, NUMBERS_AT_ONCE // pictures)
    for some in np.array_split(weights, math.ceil(resamples / size), axis=1):
        measured = [np.ones((pictures, 1), weights.dtype)] if is_first else []
        yield np.concatenate([*measured, some], axis=1)
        is_first = False


def _rank_classes(probabilities: Floats, label_ids: LabelIds) -> list[Ranking | None]:
    """For each class all pictures in its order; None where all of them or none are of it."""
    pictures, classes = probabilities.shape
    orders = scratch_array((classes, pictures), np.int32)
    size = max(1, NUMBERS_AT_ONCE // pictures)
    rankings: list[Ranking | None] = []
    for start in range(0, classes, size):  # a class at a time would go through all of the matrix for each
        for label_id, scores in enumerate(probabilities[:, start : start + size].T.copy(), start):
            positive = label_ids == label_id
            comparable = positive.any() and not positive.all()
            rankings.append(Ranking.of(scores, positive, orders[label_id]) if comparable else None)
    return rankings


def _describe_classes(
    flat: Sequence[dict[str, Any]], matrix: npt.NDArray[np.int64], drawn: ClassCounts, ranked: Sequence[Any]
) -> list[ClassFigures]:
    answers = matrix.sum(axis=0)
    f1_variances = score_classes(drawn)["f1"].var(axis=0)
    rows = []
    for label_id, row in enumerate(flat):
        pictures, named, right = row["pictures"], int(answers[label_id]), int(matrix[label_id, label_id])
        figures: dict[str, Any] = {}
        for place, name in enumerate(("auc", "average_precision")):
            found = None if ranked[label_id] is None else ranked[label_id][place]
            figures[name] = None if found is None else _clip(found[0])
            figures[f"{name}_interval"] = (
                None if found is None else score_interval(_clip(found[0]), found[1:].var(), pictures)
            )
        rows.append(
            ClassFigures(
                **row,
                answers=named,
                precision_interval=_share_interval(right, named),
                recall_interval=_share_interval(right, pictures),
                # Without a mistake F1 behaves as a share of twice its pictures: each counts as one and as an answer.
                f1_interval=score_interval(row["f1"], f1_variances[label_id], pictures + named) if pictures else None,
                **figures,
            )
        )
    return rows


def _clip(share: float) -> float:
    """Takes off what rounding adds beyond 1."""
    return min(max(float(share), 0.0), 1.0)


def _score_together(
    flat: dict[str, Any], matrix: npt.NDArray[np.int64], drawn: ClassCounts, ranked: Sequence[Any]
) -> tuple[dict[str, float | None], dict[str, Interval | None]]:
    """Figures of all classes together, and all intervals but those of the losses."""
    pictures = int(matrix.sum())
    counts = matrix.sum(axis=1)
    right, among = int(np.trace(matrix)), round(flat["top_k_accuracy"] * pictures)
    intervals: dict[str, Interval | None] = {
        "accuracy": wilson_interval(right, pictures),
        "top_k_accuracy": wilson_interval(among, pictures),
    }
    scores: dict[str, float | None] = {}
    resampled = score_together(drawn)
    for name, measured in score_together(ClassCounts.of_matrix(matrix)).items():
        scores[name] = float(flat.get(name, measured))
        low, high = BOUNDS.get(name, (0.0, 1.0))
        alike = pictures if name in BOUNDS else effective_images(counts[counts > 0].tolist())
        variance = float(resampled[name].var())
        most = math.inf if name in BOUNDS else MOST_EFFECTIVE * alike
        intervals[name] = score_interval(float(measured), variance, alike, low, high, most)
    tested = [label_id for label_id, found in enumerate(ranked) if found is not None]
    for place, name in enumerate(("macro_auc", "macro_average_precision")):
        if not tested:
            scores[name] = intervals[name] = None
            continue
        mean = np.mean([ranked[label_id][place] for label_id in tested], axis=0)
        scores[name] = _clip(mean[0])
        alike = effective_images(counts[tested].tolist())
        intervals[name] = score_interval(_clip(mean[0]), float(mean[1:].var()), alike)
    return scores, intervals


def _score_losses(
    probabilities: Floats, label_ids: LabelIds, means: Sequence[Floats]
) -> dict[str, tuple[float, Interval | None]]:
    log, brier = log_losses(probabilities, label_ids), brier_losses(probabilities, label_ids)
    log_variance, brier_variance = (drawn.var() for drawn in means)
    mean = float(brier.mean())
    # The loss of a mistake has no upper end, and of few mistakes nobody knows how large they may be.
    wrong = int((probabilities.argmax(axis=1) != label_ids).sum())
    of_log = mean_interval(float(log.mean()), float(log_variance)) if wrong >= FEW_MISTAKES else None
    return {
        "loss": (float(log.mean()), of_log),
        "brier_score": (mean, score_interval(mean, float(brier_variance), len(brier), highest=2.0)),
    }


def _describe_target(rows: Sequence[ClassFigures], target: str | None, pictures: int) -> TargetFigures | None:
    row = next((row for row in rows if row.label_name == target), None)
    return None if row is None else TargetFigures(**row.model_dump(), share=row.pictures / pictures)
