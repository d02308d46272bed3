"""What the features of a frozen, pretrained network say about a data set before anything is trained.

Everything here takes features `[pictures, width]` and label ids `[pictures]`, and never sees a test picture.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, silhouette_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from vitrine.errors import NotMeasurableError, UserError
from vitrine.evaluation.intervals import wilson_interval
from vitrine.evaluation.probe.choice import choose_drawn
from vitrine.evaluation.probe.cross_validation import (
    Features,
    LabelIds,
    answer_by_head,
    find_nearest_others,
    fit_linear_head,
    is_measurable,
    predict_out_of_fold,
)
from vitrine.evaluation.probe.embedding import Clusters, Maps, draw_maps, find_clusters, principal_components

NEIGHBORS = 5
# C of the logistic regression, for features of one number and variance 1; wider ones have as much more in sum. Between
# 0.5 and 100, three sets of photographs, drawings and goods with two backbones differ by 1.3 points at most.
INVERSE_PENALTY = 5.0
NOT_MEASURED = -1


@dataclass(frozen=True)
class HeadResult:
    """A linear head on the features, each picture answered by a head that was fitted without it.

    Attributes:
        accuracy: share of right answers among the measured pictures, in [0, 1].
        interval: its 95 % interval (Wilson).
        right: right answers.
        pictures: measured pictures.
        folds: of the cross-validation.
        answers: label id for each picture; -1 where its class has no other picture (or group) to learn it from.
        confidences: the head's probability of its answer, for each picture; 0 where not measured.
        matrix: counts `[classes, classes]`, rows = true class.
    """

    accuracy: float
    interval: tuple[float, float]
    right: int
    pictures: int
    folds: int
    answers: LabelIds
    confidences: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.int64]

    def is_wrong(self, label_ids: LabelIds) -> npt.NDArray[np.bool_]:
        """Whether each picture was given the name of another class than its own, `[pictures]`."""
        found: npt.NDArray[np.bool_] = (self.answers != NOT_MEASURED) & (self.answers != label_ids)
        return found


@dataclass(frozen=True)
class ConfusedPair:
    """Two classes that the head mixes up: how many of each were given the other's name, of how many measured."""

    first: int
    second: int
    first_as_second: int
    second_as_first: int
    first_pictures: int
    second_pictures: int

    @property
    def rate(self) -> float:
        """The larger of the two shares; a class of which no picture was measured has none."""
        return max(
            self.first_as_second / max(self.first_pictures, 1), self.second_as_first / max(self.second_pictures, 1)
        )


@dataclass(frozen=True)
class Study:
    """The feasibility study of one data set with one backbone.

    Attributes:
        pictures: all that were looked at.
        chance: accuracy of guessing with equal chances.
        majority: share of the largest class, the accuracy of always naming it.
        majority_class: its label id.
        head: the linear head.
        neighbor_accuracy: share of pictures whose most similar others (cosine) name their class.
        silhouette: from -1 to 1, how much nearer pictures lie to their own class than to the next.
        clusters: k-means against the labels.
        pairs: classes that are mixed up, the worst first.
        maps: two ways of drawing the features on paper, of up to 1,500 pictures.
    """

    pictures: int
    chance: float
    majority: float
    majority_class: int
    head: HeadResult
    neighbor_accuracy: float
    silhouette: float
    clusters: Clusters
    pairs: tuple[ConfusedPair, ...]
    maps: Maps


def study_features(
    features: Features,
    label_ids: LabelIds,
    num_labels: int,
    groups: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Study:
    """Everything that can be said from the features alone.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`, from 0.
        num_labels: number of classes, those without a picture here counted too.
        groups: pictures of one group (copies, one person, one place) never answer for each other; `[pictures]`.
        seed: of folds, clusters and maps.

    Raises:
        UserError: fewer than two classes can be measured, or the features do not tell any two pictures apart.
    """
    groups = np.arange(len(label_ids)) if groups is None else groups
    check_features(features, label_ids, groups)
    counts = np.bincount(label_ids, minlength=num_labels)
    # Directions alone: the length of a feature vector says more about light and contrast than about content.
    directions = normalize(features)
    # Steps this small are done before threads have met. On two cores that others use too (1,200 pictures): the head
    # takes 0.3 s on one thread and 12 to 19 s on two, t-SNE 5 s and up to 47 s.
    with threadpool_limits(1):
        components = principal_components(directions, seed)
        head = cross_validate_head(features, label_ids, num_labels, groups, seed)
        return Study(
            pictures=len(label_ids),
            chance=1 / int(np.count_nonzero(counts)),
            majority=float(counts.max() / len(label_ids)),
            majority_class=int(counts.argmax()),
            head=head,
            neighbor_accuracy=measure_neighbors(directions, label_ids, groups),
            silhouette=float(silhouette_score(directions, label_ids, metric="cosine")),
            clusters=find_clusters(components.places, label_ids, num_labels, seed),
            pairs=find_confused_pairs(head.matrix),
            maps=draw_maps(components, choose_drawn(label_ids, head.is_wrong(label_ids), seed), seed),
        )


def check_features(features: Features, label_ids: LabelIds, groups: LabelIds) -> None:
    """Refuses what cannot be measured; see `study_features`.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`.
        groups: a number for each picture, `[pictures]`.
    """
    if not np.isfinite(features).all():
        raise UserError("the backbone gives features that are not numbers; set engine.precision=fp32")
    measurable = np.unique(label_ids[is_measurable(label_ids, groups)])
    if len(measurable) < 2:
        raise NotMeasurableError(
            "the study needs at least two classes with two training or validation pictures each (unrelated ones, "
            f"where pictures are grouped); found {len(measurable)} of {len(np.unique(label_ids))} classes with so many"
        )
    if np.ptp(features, axis=0).max() == 0:
        raise NotMeasurableError(
            "the backbone gives the same features for every picture: are all the pictures the same?"
        )


def cross_validate_head(
    features: Features, label_ids: LabelIds, num_labels: int, groups: LabelIds, seed: int
) -> HeadResult:
    """Answers every picture by a linear head that was fitted on other groups; see `study_features`.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`.
        num_labels: of the data set.
        groups: a number for each picture; those of one number stay together, `[pictures]`.
        seed: of the folds.
    """
    found = predict_out_of_fold(features, label_ids, num_labels, groups, seed, INVERSE_PENALTY)
    tested = np.flatnonzero(found.is_measured)
    answers = np.where(found.is_measured, found.probabilities.argmax(axis=1), NOT_MEASURED)
    confidences = found.probabilities.max(axis=1)
    right = int((answers[tested] == label_ids[tested]).sum())
    return HeadResult(
        accuracy=right / len(tested),
        interval=wilson_interval(right, len(tested)),
        right=right,
        pictures=len(tested),
        folds=found.folds,
        answers=answers,
        confidences=confidences,
        matrix=confusion_matrix(label_ids[tested], answers[tested], labels=range(num_labels)),
    )


def fit_head(features: Features, label_ids: LabelIds) -> Pipeline:
    """The linear head of every study: logistic regression on standardised features; at least two classes."""
    return fit_linear_head(features, label_ids, INVERSE_PENALTY)


def answer_with_head(
    features: Features, label_ids: LabelIds, asked: Features
) -> tuple[LabelIds, npt.NDArray[np.float64]]:
    """Fits the linear head on features with their labels; its answers to `asked`, and its probabilities of them.

    Args:
        features: to fit on, `[pictures, width]`.
        label_ids: of them, `[pictures]`.
        asked: to answer, `[asked, width]`.
    """
    labels, probabilities = answer_by_head(features, label_ids, asked, INVERSE_PENALTY)
    return labels[probabilities.argmax(axis=1)], probabilities.max(axis=1)


def measure_neighbors(directions: Features, label_ids: LabelIds, groups: LabelIds, neighbors: int = NEIGHBORS) -> float:
    """Share of pictures whose nearest others of other groups vote for their class, each with its similarity.

    Args:
        directions: features of length 1.
        label_ids: see `study_features`.
        groups: see `study_features`.
        neighbors: how many vote.
    """
    tested = np.flatnonzero(is_measurable(label_ids, groups))
    nearest, similarities = find_nearest_others(directions, tested, groups, neighbors)
    votes = np.zeros((len(tested), int(label_ids.max()) + 1))
    np.add.at(votes, (np.arange(len(tested))[:, np.newaxis], label_ids[nearest]), np.exp(similarities))
    return float((votes.argmax(axis=1) == label_ids[tested]).mean())


def find_confused_pairs(matrix: npt.NDArray[np.int64]) -> tuple[ConfusedPair, ...]:
    """Pairs of classes with at least one mistake between them.

    Ranked by the lower end of the interval of the larger share, so that one mistake in two pictures does not go before
    thirty in a hundred.

    Args:
        matrix: counts `[classes, classes]`, rows = true class.
    """
    pictures = matrix.sum(axis=1)
    surest: dict[tuple[int, int], float] = {}
    for row, column in np.argwhere(matrix - np.diag(np.diag(matrix))).tolist():
        pair = (min(row, column), max(row, column))
        low = wilson_interval(int(matrix[row, column]), int(pictures[row]))[0]
        surest[pair] = max(low, surest.get(pair, 0.0))
    return tuple(
        ConfusedPair(a, b, int(matrix[a, b]), int(matrix[b, a]), int(pictures[a]), int(pictures[b]))
        for a, b in sorted(surest, key=lambda pair: (-surest[pair], pair))
    )
