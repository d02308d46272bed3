"""Labels that are likely wrong: confident learning (Northcutt, Jiang and Chuang 2021, arXiv:1911.00068).

Everything here takes probabilities of a judge that did not learn from the pictures that it judges. What it finds is a
list to look through: a picture that is merely difficult looks to it like one that is labelled wrongly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from vitrine.evaluation.probability_scores import check_probabilities
from vitrine.evaluation.probe.cross_validation import (
    Features,
    LabelIds,
    Probabilities,
    agree_with_neighbors,
    is_measurable,
    predict_out_of_fold,
)
from vitrine.models.calibration.blocks import by_blocks
from vitrine.predict.predictions import Predictions
from vitrine.records.mistakes import Examined, Judge, LabelErrors, Suspect

# Chosen with benchmarks/label_errors.py: a head that is held back more than the study's follows wrong labels less.
INVERSE_PENALTY = 0.5
NEIGHBORS = 10
# Added to both probabilities, so that 1e-9 against 1e-6 is no stronger evidence than 0.01 against 0.02.
SOFTENING = 0.05
TRUSTED_JUDGE = 0.8  # of the labels: a judge that agrees with fewer errs more often than those who label
MOST_SUSPECTS = 500  # nobody looks through more, and the record stays small


@dataclass(frozen=True)
class LabeledProbabilities:
    """Some pictures of a split with their labels and what a judge says of them; a head has no calibrated logits.

    Attributes:
        split: train, validation or test.
        files: names in the manifest.
        label_ids: as given, `[pictures]`.
        probabilities: of a judge that did not learn from them, `[pictures, num_labels]`.
        judge: who that is.
        agreement: share of the nearest pictures that have the same label, `[pictures]`, where features are at hand.
        of: how many pictures the split has; None: these are all.
    """

    split: str
    files: Sequence[str]
    label_ids: LabelIds
    probabilities: Probabilities
    judge: Judge
    agreement: npt.NDArray[np.float64] | None = None
    of: int | None = None

    @classmethod
    def from_predictions(cls, split: str, predictions: Predictions) -> Self:
        """All pictures of a split with what the trained model says of them; their labels must be known."""
        return cls(split, predictions.ids, predictions.true_label_ids, predictions.probabilities, "model")


def judge_by_features(
    split: str,
    files: Sequence[str],
    features: Features,
    label_ids: LabelIds,
    num_labels: int,
    groups: LabelIds | None = None,
    seed: int = 0,
    of: int | None = None,
) -> LabeledProbabilities | None:
    """Lets heads on frozen features judge pictures that the trained model learned from.

    Args:
        split: which the pictures belong to.
        files: `[pictures]`.
        features: of a network that never saw these labels, `[pictures, width]`.
        label_ids: `[pictures]`.
        num_labels: number of classes.
        groups: pictures of one group (copies, one person) never answer for each other, `[pictures]`.
        seed: of the folds.
        of: how many pictures the split has; None: these are all.

    Returns:
        Those that could be judged; None where fewer than two classes have two unrelated pictures.
    """
    groups = np.arange(len(label_ids)) if groups is None else groups
    measurable = is_measurable(label_ids, groups)
    if len(np.unique(label_ids[measurable])) < 2:
        return None
    with threadpool_limits(1):  # steps this small are done before threads have met
        found = predict_out_of_fold(features, label_ids, num_labels, groups, seed, INVERSE_PENALTY)
        agreement = agree_with_neighbors(features, label_ids, groups, NEIGHBORS)
    rows = np.flatnonzero(found.is_measured)
    return LabeledProbabilities(
        split,
        [files[row] for row in rows.tolist()],
        label_ids[rows],
        found.probabilities[rows],
        "head",
        agreement[rows],
        len(label_ids) if of is None else of,
    )


def find_label_errors(
    judged: Sequence[LabeledProbabilities], label_names: Sequence[str], not_examined: Sequence[str] = ()
) -> LabelErrors:
    """Lists the pictures whose labels are likely wrong.

    Of each part, as many as the estimated number of wrong labels are taken from the top of the ranking, without those
    that the judge gives the label that they have.

    Args:
        judged: the splits, each with a judge of its own.
        label_names: in the order of the label ids.
        not_examined: splits that had no judge.

    Raises:
        UserError: probabilities are not numbers.
    """
    suspects: list[Suspect] = []
    found = 0
    examined = []
    for part in judged:
        if not len(part.label_ids):
            continue
        check_probabilities(part.probabilities)
        joint = estimate_joint(part.probabilities, part.label_ids)
        estimated = round(float(joint.sum() - np.trace(joint)))
        answers = part.probabilities.argmax(axis=1)
        examined.append(
            Examined(
                split=part.split,
                pictures=len(part.label_ids),
                of=len(part.label_ids) if part.of is None else part.of,
                judge=part.judge,
                agreement=float((answers == part.label_ids).mean()),
                estimated=estimated,
            )
        )
        suspicion = rate_suspicion(part.probabilities, part.label_ids, part.agreement)
        first = np.argsort(-suspicion, kind="stable")[:estimated]
        first = first[answers[first] != part.label_ids[first]]
        found += len(first)
        # With those that are as suspicious as the last one: equal ones are ordered by name. Nobody sees the others.
        enough = suspicion[first] >= suspicion[first[:MOST_SUSPECTS]].min(initial=np.inf)
        suspects += [
            Suspect(
                file=str(part.files[row]),
                split=part.split,
                label_name=label_names[int(part.label_ids[row])],
                suggested=label_names[int(answers[row])],
                suspicion=float(suspicion[row]),
                probability=float(part.probabilities[row, answers[row]]),
            )
            for row in first[enough].tolist()
        ]
    suspects.sort(key=lambda suspect: (-suspect.suspicion, suspect.file))
    return LabelErrors(
        examined=tuple(examined),
        not_examined=tuple(not_examined),
        suspects=tuple(suspects[:MOST_SUSPECTS]),
        more=max(0, found - MOST_SUSPECTS),
    )


def count_confident(probabilities: Probabilities, label_ids: LabelIds) -> npt.NDArray[np.int64]:
    """The confident joint: pictures of each given label (row) that are confidently of each label (column).

    Confidently: at least as probable as pictures of that label are on average under their own label; of several such
    labels the most probable counts. Pictures without one are not counted. (Equations 1 and 2 of the paper.)
    """
    num_labels = probabilities.shape[1]
    own = probabilities[np.arange(len(label_ids)), label_ids]
    pictures = np.bincount(label_ids, minlength=num_labels)
    sums = np.bincount(label_ids, weights=own, minlength=num_labels)
    # A label without pictures says nothing about how sure one can be of it: nothing is confidently of it.
    thresholds = np.where(pictures > 0, sums / np.maximum(pictures, 1), np.inf)

    def name_confident(rows: Probabilities) -> npt.NDArray[np.int64]:
        confident = np.where(rows >= thresholds - 1e-6, rows, -1.0)
        return np.where(confident.max(axis=1) >= 0, confident.argmax(axis=1), -1)

    named = by_blocks(name_confident, probabilities)
    joint = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(joint, (label_ids[named >= 0], named[named >= 0]), 1)
    return joint


def estimate_joint(probabilities: Probabilities, label_ids: LabelIds) -> npt.NDArray[np.float64]:
    """Expected number of pictures of each given label (row) and true label (column).

    The confident joint, scaled so that every row has as many pictures as its label was given to (equation 3). Off the
    diagonal stand the wrong labels.
    """
    confident = count_confident(probabilities, label_ids).astype(np.float64)
    pictures = np.bincount(label_ids, minlength=len(confident))
    empty = confident.sum(axis=1) == 0
    confident[empty, empty] = 1  # no evidence against these labels
    joint: npt.NDArray[np.float64] = confident / confident.sum(axis=1, keepdims=True) * pictures[:, np.newaxis]
    return joint


def rate_suspicion(
    probabilities: Probabilities, label_ids: LabelIds, agreement: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """How much speaks against each given label.

    The odds of the likeliest other label against the given one, and the votes of the nearest pictures where these are
    known: two judges that fail differently. See benchmarks/label_errors.py for how the rule was chosen.

    Args:
        probabilities: `[pictures, num_labels]`.
        label_ids: as given, `[pictures]`.
        agreement: share of the nearest pictures that have the same label, `[pictures]`.

    Returns:
        `[pictures]`, in (0, 1).
    """
    odds = by_blocks(_log_odds_against, probabilities, label_ids)
    if agreement is not None:
        odds += 1 - 2 * agreement  # half of the votes change nothing
    found: npt.NDArray[np.float64] = 1 / (1 + np.exp(-odds))
    return found


def _log_odds_against(probabilities: Probabilities, label_ids: LabelIds) -> npt.NDArray[np.float64]:
    rows = np.arange(len(label_ids))
    given = probabilities[rows, label_ids]
    others = probabilities.copy()
    others[rows, label_ids] = -1
    odds: npt.NDArray[np.float64] = np.log((others.max(axis=1) + SOFTENING) / (given + SOFTENING))
    return odds
