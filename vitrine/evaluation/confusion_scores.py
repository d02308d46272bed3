"""Scores that follow from a confusion matrix, for many matrices at once: one measured, a thousand resampled.

All of them need three counts of each class and not the whole matrix.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BOUNDS = {"cohen_kappa": (-1.0, 1.0), "matthews_correlation": (-1.0, 1.0)}  # all others lie from 0 to 1
# A mean over classes of different accuracy is a little surer than a share of as many pictures, but not by more.
MOST_EFFECTIVE = 1.5


@dataclass(frozen=True)
class ClassCounts:
    """Counts of each class; they need not be whole numbers.

    Attributes:
        right: pictures of the class that got its name, `[..., classes]`.
        answers: pictures that got its name, `[..., classes]`.
        pictures: of the class, the same in all resamples, `[classes]`.
    """

    right: Floats
    answers: Floats
    pictures: Floats

    @classmethod
    def of_matrix(cls, matrix: npt.NDArray[np.int64]) -> Self:
        """From a confusion matrix `[classes, classes]`, rows = true class."""
        counts = matrix.astype(float)
        return cls(np.diagonal(counts), counts.sum(axis=0), counts.sum(axis=1))


def score_classes(counts: ClassCounts) -> dict[str, Floats]:
    """Precision, recall and F1 of each class, `[..., classes]`; 0 where nothing is divided by nothing."""
    return {
        "precision": _divide(counts.right, counts.answers),
        "recall": _divide(counts.right, np.broadcast_to(counts.pictures, counts.right.shape)),
        "f1": _divide(2 * counts.right, counts.pictures + counts.answers),
    }


def score_together(counts: ClassCounts) -> dict[str, Floats]:
    """Figures of all classes together, `[...]`; means are over the classes that have pictures.

    Balanced accuracy is the mean recall by definition. Cohen's kappa (1960) and the correlation of Matthews, for many
    classes that of Gorodkin (2004), are 0 where only one class is there or only one is named.
    """
    tested = counts.pictures > 0
    mean = {name: values[..., tested].mean(axis=-1) for name, values in score_classes(counts).items()}
    total = counts.pictures.sum()
    by_chance = (counts.pictures * counts.answers).sum(axis=-1)
    beyond = counts.right.sum(axis=-1) * total - by_chance
    of_truth, of_answers = total**2 - (counts.pictures**2).sum(), total**2 - (counts.answers**2).sum(axis=-1)
    return {
        "balanced_accuracy": mean["recall"],
        "macro_precision": mean["precision"],
        "macro_recall": mean["recall"],
        "macro_f1": mean["f1"],
        "cohen_kappa": _divide(beyond, total**2 - by_chance),
        "matthews_correlation": _divide(beyond, np.sqrt(np.maximum(of_truth * of_answers, 0))),
    }


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    quotient: Floats = np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator != 0)
    return quotient
