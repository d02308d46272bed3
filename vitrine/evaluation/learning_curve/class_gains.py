"""Of which class would more pictures help most? Some pictures of each are taken away to see what they were worth."""

from collections.abc import Sequence

import numpy as np

from vitrine.evaluation.intervals import score_interval
from vitrine.evaluation.learning_curve.held_out import Answers, Floats, Part, Weights, count_before, spread
from vitrine.evaluation.probe.cross_validation import Features, LabelIds
from vitrine.evaluation.probe.linear_probe import fit_head
from vitrine.records.learning_curve import ClassGain

ADDED = 20
MOST_CLASSES = 12  # that are looked at; each takes a fit for each fold and repeat
FEWEST_LEFT = 2  # pictures of a class that must be left when some are taken away
EXPONENTS = (0.25, 1.0)  # of the law by which pictures lose worth, where the curve says less or more
WARM_TOLERANCE = 1e-5  # of the gradient; a tenth of sklearn's, since the start is near already


def choose_classes(label_ids: LabelIds, right: Answers, measured: Answers, parts: Sequence[Part]) -> list[int]:
    """Classes of which some pictures can be taken away; where there are many, those with the lowest recall.

    Args:
        label_ids: `[pictures]`.
        right: whether each answer is right, `[repeats, pictures]`.
        measured: which pictures are measured, `[pictures]`.
        parts: pictures of each repeat to fit and to answer.
    """
    possible = []
    for label_id in np.unique(label_ids[measured]).tolist():
        fewest = min(int((label_ids[part.learned] == label_id).sum()) for part in parts)
        if fewest >= 2 * FEWEST_LEFT:
            possible.append((float(right[:, label_ids == label_id].mean()), label_id))
    return [label_id for _, label_id in sorted(possible)[:MOST_CLASSES]]


def answer_without(
    features: Features, label_ids: LabelIds, parts: Sequence[Part], classes: Sequence[int], repeats: int
) -> dict[int, Answers]:
    """For each class, the answers of heads that had some pictures of it fewer, `[repeats, pictures]`.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`.
        parts: pictures of each repeat to fit and to answer.
        classes: label ids.
        repeats: of the measurement.
    """
    right = {label_id: np.zeros((repeats, len(label_ids)), dtype=bool) for label_id in classes}
    for part in parts if classes else ():
        turns = count_before(label_ids[part.learned])
        fitted = fit_head(features[part.learned], label_ids[part.learned])
        scaler, head = fitted[:-1], fitted[-1]
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


def weigh_classes(
    label_ids: LabelIds,
    label_names: Sequence[str],
    right: Answers,
    without: dict[int, Answers],
    measured: Answers,
    weights: Weights,
    parts: Sequence[Part],
    exponent: float,
) -> list[ClassGain]:
    """What the pictures that were taken away were worth, turned into what more of them would bring.

    Args:
        label_ids: `[pictures]`.
        label_names: in the order of the label ids.
        right: whether heads with all pictures were right, `[repeats, pictures]`.
        without: of `answer_without`.
        measured: pictures that were asked about, `[pictures]`.
        weights: of `draw_weights`.
        parts: of `divide`.
        exponent: of the law by which the error falls: the same number of pictures is worth less, the more there are.

    Returns:
        Those whose gain is shown first, then by gain.
    """
    exponent = float(np.clip(exponent, *EXPONENTS))
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
        # Two pictures of the class more, of which one is won and one is lost.
        unseen = 2 * (factor / pictures) ** 2
        unseen_together = unseen / before.shape[1] ** 2
        gains.append(
            ClassGain(
                label_name=label_names[label_id],
                pictures=pictures,
                recall=float(before[0, own]),
                recall_interval=score_interval(float(before[0, own]), float(before[1:, own].var()), pictures),
                removed=removed,
                gain=float(together[0]),
                gain_interval=spread(together, unseen_together),
                recall_gain=float(alone[0]),
                recall_gain_interval=spread(alone, unseen),
                shown=spread(together, unseen_together, 1 - 0.05 / len(without))[0] > 0,
            )
        )
    return sorted(gains, key=lambda gain: (not gain.shown, -gain.gain))


def _recalls(right: Answers, label_ids: LabelIds, measured: Answers, weights: Weights) -> Floats:
    """Recall of each measured class, `[1 + resamples, classes]`, from `[repeats, pictures]`."""
    of_pictures, of_repeats = weights
    own = label_ids[measured]
    member = (own[:, np.newaxis] == np.unique(own)).astype(float)
    hits = of_repeats @ right[:, measured].astype(float) / of_repeats.sum(axis=1, keepdims=True)
    totals = of_pictures @ member
    # A class that a resample leaves out counts as 0 there, with all pictures as with fewer: it has no part in a gain.
    recalls: Floats = np.divide((of_pictures * hits) @ member, totals, out=np.zeros_like(totals), where=totals > 0)
    return recalls


def _count_removed(pictures: int) -> int:
    """As many as shall be added, or half of them."""
    return min(ADDED, pictures // 2)
