"""Scores of the probabilities themselves: the two losses."""

import numpy as np
import numpy.typing as npt

from vitrine.errors import UserError
from vitrine.models.calibration.blocks import by_blocks

Floats = npt.NDArray[np.float64]


def check_probabilities(probabilities: Floats) -> None:
    """Refuses what is not a probability.

    Raises:
        UserError: names the number of bad rows.
    """
    fine = by_blocks(_are_probabilities, probabilities)
    bad = np.flatnonzero(~fine)
    if len(bad):
        raise UserError(
            f"predictions: {len(bad):,} of {len(fine):,} pictures got probabilities that are not numbers from 0 to "
            f"1 (first: row {bad[0]}); train again, with a smaller learning rate or engine.precision=fp32"
        )


def _are_probabilities(probabilities: Floats) -> npt.NDArray[np.bool_]:
    fine = np.isfinite(probabilities) & (probabilities >= 0) & (probabilities <= 1 + 1e-6)
    return np.asarray(fine.all(axis=1))


def log_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    """Minus the logarithm of the true class's probability in nats, `[pictures]`; as scikit-learn, 0 counts as 2e-16."""
    own = probabilities[np.arange(len(label_ids)), label_ids]
    losses: Floats = -np.log(np.clip(own, np.finfo(np.float64).eps, 1))
    return losses


def brier_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    """Squared distances to the right answer, summed over all classes (Brier 1950): 0 to 2, `[pictures]`."""
    return by_blocks(_brier_losses, probabilities, label_ids)


def _brier_losses(probabilities: Floats, label_ids: npt.NDArray[np.int64]) -> Floats:
    own = probabilities[np.arange(len(label_ids)), label_ids]
    losses: Floats = (probabilities**2).sum(axis=1) - own**2 + (1 - own) ** 2
    return losses
