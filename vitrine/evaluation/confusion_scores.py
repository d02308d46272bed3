"""Scores that follow from a confusion matrix, for many matrices at once: one measured, a thousand resampled.

All functions take counts `[..., classes, classes]`, rows = true class, which need not be whole numbers.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BOUNDS = {"cohen_kappa": (-1.0, 1.0), "matthews_correlation": (-1.0, 1.0)}  # all others lie from 0 to 1


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient; 0 where nothing is divided by nothing, as scikit-learn's `zero_division=0`."""
    return np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator != 0)


def score_classes(matrices: Floats) -> dict[str, Floats]:
    """Precision, recall and F1 of each class, `[..., classes]` each."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1).astype(float)
    pictures, answers = matrices.sum(axis=-1).astype(float), matrices.sum(axis=-2).astype(float)
    return {
        "precision": divide(right, answers),
        "recall": divide(right, pictures),
        "f1": divide(2 * right, pictures + answers),
    }


def score_matrices(matrices: Floats) -> dict[str, Floats]:
    """Figures of all classes together, `[...]` each; means are over the classes that have pictures.

    Balanced accuracy is the mean recall by definition. Cohen's kappa (1960) and the correlation of Matthews, for many
    classes that of Gorodkin (2004), are 0 where only one class is there or only one is named.
    """
    tested = matrices.reshape(-1, *matrices.shape[-2:]).sum(axis=(0, 2)) > 0
    of_class = score_classes(matrices)
    mean = {name: values[..., tested].mean(axis=-1) for name, values in of_class.items()}
    pictures, answers = matrices.sum(axis=-1).astype(float), matrices.sum(axis=-2).astype(float)
    total = pictures.sum(axis=-1)
    right = np.diagonal(matrices, axis1=-2, axis2=-1).sum(axis=-1)
    by_chance = (pictures * answers).sum(axis=-1)
    beyond = right * total - by_chance
    spread = np.sqrt((total**2 - (pictures**2).sum(axis=-1)) * (total**2 - (answers**2).sum(axis=-1)))
    return {
        "balanced_accuracy": mean["recall"],
        "macro_precision": mean["precision"],
        "macro_recall": mean["recall"],
        "macro_f1": mean["f1"],
        "cohen_kappa": divide(beyond, total**2 - by_chance),
        "matthews_correlation": divide(beyond, spread),
    }
