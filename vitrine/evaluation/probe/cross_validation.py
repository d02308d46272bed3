"""A linear head on frozen features that answers every picture without having learned from it."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

Features = npt.NDArray[np.float32]
LabelIds = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

FOLDS = 5
MOST_ITERATIONS = 200
MANY_CLASSES = 200  # with more, a head takes so long that it is fitted on fewer numbers of each picture
NUMBERS_OF_MANY = 128  # principal components: 1.3 points of accuracy at most, for half the time
ROWS_AT_ONCE = 1024  # of the similarities, so that memory grows with the pictures and not with their square


@dataclass(frozen=True)
class OutOfFold:
    """Answers of heads that were fitted on other pictures.

    Attributes:
        probabilities: `[pictures, num_labels]`; zeros where not measured.
        is_measured: whether the class of a picture has another group to learn it from, `[pictures]`.
        folds: of the cross-validation.
    """

    probabilities: Probabilities
    is_measured: npt.NDArray[np.bool_]
    folds: int


def predict_out_of_fold(
    features: Features,
    label_ids: LabelIds,
    num_labels: int,
    groups: LabelIds,
    seed: int,
    inverse_penalty: float,
) -> OutOfFold:
    """Asks every picture of a logistic regression that was fitted on other groups.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`, from 0; at least one class must be measurable.
        num_labels: number of classes.
        groups: pictures of one group (copies, one person, one place) never answer for each other; `[pictures]`.
        seed: of the folds.
        inverse_penalty: C of the logistic regression for one feature of variance 1; divided by their number.
    """
    folds = list(split_folds(label_ids, groups, seed))
    probabilities = np.zeros((len(label_ids), num_labels))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")  # a head that would go on to the last digit is no fault
        for fit_on, ask in folds:
            labels, found = answer_by_head(features[fit_on], label_ids[fit_on], features[ask], inverse_penalty)
            probabilities[np.ix_(ask, labels)] = found
    return OutOfFold(probabilities, is_measurable(label_ids, groups), len(folds))


def split_folds(label_ids: LabelIds, groups: LabelIds, seed: int) -> Iterator[tuple[LabelIds, LabelIds]]:
    """Up to five ways to part the pictures into those to fit on and those to ask; each measurable one is asked once.

    Pictures of classes that cannot be measured are in every fitting set: they are wrong answers that a head may give.

    Args:
        label_ids: `[pictures]`, from 0; at least one class must be measurable.
        groups: pictures of one group (copies, one person, one place) never answer for each other; `[pictures]`.
        seed: of the folds.
    """
    is_measured = is_measurable(label_ids, groups)
    tested, always = np.flatnonzero(is_measured), np.flatnonzero(~is_measured)
    most = min(FOLDS, len(np.unique(groups[tested])), int(np.bincount(label_ids[tested]).max()))
    folds = StratifiedGroupKFold(most, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")  # classes with fewer pictures than folds are no fault here
        parts = list(folds.split(tested, label_ids[tested], groups[tested]))
    for fitted, asked in parts:
        yield np.concatenate([tested[fitted], always]), tested[asked]


def is_measurable(label_ids: LabelIds, groups: LabelIds) -> npt.NDArray[np.bool_]:
    """Whether the class of each picture has another group to learn it from."""
    pairs = np.unique(np.stack([label_ids, groups]), axis=1)
    groups_of_class = np.bincount(pairs[0], minlength=int(label_ids.max()) + 1)
    found: npt.NDArray[np.bool_] = groups_of_class[label_ids] > 1
    return found


def answer_by_head(
    features: Features, label_ids: LabelIds, asked: Features, inverse_penalty: float
) -> tuple[LabelIds, Probabilities]:
    """The labels that the head knows, and its probabilities of them for each of `asked`.

    Args:
        features: to fit on, `[pictures, width]`.
        label_ids: of them, `[pictures]`.
        asked: to answer, `[asked, width]`.
        inverse_penalty: C of the logistic regression.
    """
    labels = np.unique(label_ids)
    if len(asked) == 0 or len(labels) == 1:  # large groups may leave one class, or nothing to ask
        return labels[:1], np.ones((len(asked), 1))
    return labels, fit_linear_head(features, label_ids, inverse_penalty).predict_proba(asked)


def fit_linear_head(features: Features, label_ids: LabelIds, inverse_penalty: float) -> Pipeline:
    """Logistic regression on standardised features; at least two classes.

    For more than 200 classes it is fitted on the features' 128 first principal components.

    Args:
        features: `[pictures, width]`.
        label_ids: `[pictures]`.
        inverse_penalty: C of the logistic regression.
    """
    head = LogisticRegression(C=inverse_penalty / features.shape[1], max_iter=MOST_ITERATIONS)
    if len(np.unique(label_ids)) <= MANY_CLASSES:
        return make_pipeline(StandardScaler(), head).fit(features, label_ids)
    components = PCA(min(NUMBERS_OF_MANY, *features.shape), random_state=0)
    return make_pipeline(StandardScaler(), components, head).fit(features, label_ids)


def agree_with_neighbors(
    features: Features, label_ids: LabelIds, groups: LabelIds, neighbors: int
) -> npt.NDArray[np.float64]:
    """For each picture, the share of the most similar others (cosine, of other groups) that have its label.

    Args:
        features: `[pictures, width]`; at least two groups.
        label_ids: `[pictures]`.
        groups: `[pictures]`; see `predict_out_of_fold`.
        neighbors: how many are asked; where fewer are there, those.
    """
    nearest, similarities = find_nearest_others(normalize(features), np.arange(len(label_ids)), groups, neighbors)
    asked = np.isfinite(similarities)
    same = (label_ids[nearest] == label_ids[:, np.newaxis]) & asked
    shares: npt.NDArray[np.float64] = same.sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    return shares


def find_nearest_others(
    directions: Features, asking: LabelIds, groups: LabelIds, neighbors: int
) -> tuple[LabelIds, Features]:
    """The most similar pictures of other groups: their places and their similarities, each `[asking, neighbors]`.

    Where there are too few of other groups, pictures of the own one fill up, with a similarity of minus infinity.

    Args:
        directions: features of length 1, `[pictures, width]`.
        asking: places of the pictures whose neighbours are wanted.
        groups: `[pictures]`; see `predict_out_of_fold`.
        neighbors: how many; where fewer pictures are there, those.
    """
    found = []
    for start in range(0, len(asking), ROWS_AT_ONCE):
        rows = asking[start : start + ROWS_AT_ONCE]
        similarities = directions[rows] @ directions.T
        similarities[groups[rows][:, np.newaxis] == groups] = -np.inf
        nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :neighbors]
        found.append((nearest, np.take_along_axis(similarities, nearest, axis=1)))
    return np.concatenate([places for places, _ in found]), np.concatenate([values for _, values in found])
