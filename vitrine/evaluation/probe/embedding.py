"""Features made small enough to be seen: principal components, a map of neighbours, groups found without labels."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from vitrine.evaluation.probe.cross_validation import MANY_CLASSES

COMPONENTS = 50  # what t-SNE and k-means work on, as its authors advise (van der Maaten and Hinton 2008)
PERPLEXITY = 30  # about the number of neighbours that t-SNE keeps together
TRIALS = 5  # of k-means, of which the tightest counts; among many groups one trial is as tight (0.4 % in a thousand)
STEPS = 500  # of t-SNE; 500 more move hardly a dot and take as long again
ANGLE = 0.8  # of t-SNE: the coarsest that its makers advise, a quarter faster than the finest


@dataclass(frozen=True)
class Components:
    """Principal components: `places` `[pictures, up to 50]`, and the share of the variance that each explains."""

    places: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """Groups of similar pictures, as many as there are classes, found without their labels.

    Attributes:
        matrix: counts `[classes, groups]`; the groups stand in the order of the classes that they fit best.
        adjusted_rand_index: 1 where groups and classes are the same, about 0 where they agree by chance alone.
        agreement: share of the pictures on the diagonal of the matrix.
    """

    matrix: npt.NDArray[np.int64]
    adjusted_rand_index: float
    agreement: float


@dataclass(frozen=True)
class Maps:
    """Two maps of the features, each `[shown, 2]`.

    Attributes:
        shown: the places of the pictures that are drawn, in order.
        pca: the first two principal components: true distances, seen from one side.
        explained: shares of the variance that the two show.
        tsne: t-SNE: who is next to whom is right, distances between groups mean little.
    """

    shown: npt.NDArray[np.int64]
    pca: npt.NDArray[np.float32]
    explained: tuple[float, float]
    tsne: npt.NDArray[np.float32]


def principal_components(features: npt.NDArray[np.float32], seed: int) -> Components:
    """The components that explain most.

    Args:
        features: `[pictures, width]`, not all the same.
        seed: of the approximation that is used for wide features.
    """
    pca = PCA(min(COMPONENTS, *features.shape), random_state=seed)
    places = pca.fit_transform(features)
    return Components(places.astype(np.float32), pca.explained_variance_ratio_)


def find_clusters(
    places: npt.NDArray[np.float32], label_ids: npt.NDArray[np.int64], num_labels: int, seed: int
) -> Clusters:
    """k-means with one group for each class, compared with the labels.

    Args:
        places: `[pictures, components]`.
        label_ids: `[pictures]`.
        num_labels: number of classes; those without a picture get an empty group.
        seed: of the starting points.
    """
    classes = len(np.unique(label_ids))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn")  # fewer different pictures than classes: empty groups
        trials = TRIALS if classes <= MANY_CLASSES else 1
        found = KMeans(classes, n_init=trials, random_state=seed).fit_predict(places)
    counts = confusion_matrix(label_ids, found, labels=range(num_labels))
    _, order = linear_sum_assignment(counts, maximize=True)
    matrix = counts[:, order]
    return Clusters(
        matrix=matrix,
        adjusted_rand_index=float(adjusted_rand_score(label_ids, found)),
        agreement=float(np.trace(matrix) / len(label_ids)),
    )


def draw_maps(components: Components, shown: npt.NDArray[np.int64], seed: int) -> Maps:
    """The first two components, and t-SNE of all of them.

    Args:
        components: of all pictures.
        shown: the places of those to draw, at least four.
        seed: of t-SNE.
    """
    places = components.places[shown]
    if places.shape[1] == 1:  # features of one number
        places = np.pad(places, ((0, 0), (0, 1)))
    explained = (*components.explained.tolist(), 0.0)[:2]
    perplexity = min(PERPLEXITY, (len(places) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", max_iter=STEPS, angle=ANGLE, random_state=seed)
    return Maps(shown, places[:, :2], (explained[0], explained[1]), tsne.fit_transform(places))
