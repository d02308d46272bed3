"""How the error falls with the number of training pictures: error = floor + scale * pictures ** -exponent.

So it falls for networks and linear heads alike over wide ranges (Hestness et al. 2017). For one exponent the other two
follow from linear least squares, so the exponents are simply tried: nothing can fail to converge, and a thousand
resampled curves are fitted at once.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXPONENTS = np.geomspace(0.1, 2.0, 40)
FEWEST_POINTS = 4  # one more than the law has numbers


@dataclass(frozen=True)
class PowerLaws:
    """Fitted curves, `[curves]` each; floor and scale are 0 or more."""

    floor: Floats
    scale: Floats
    exponent: Floats

    def predict(self, pictures: float) -> Floats:
        """The error for so many pictures, `[curves]`."""
        return self.floor + self.scale * pictures**-self.exponent

    def through(self, pictures: float, errors: Floats) -> Self:
        """The same laws, brought to the errors that were measured for so many pictures, `[curves]`.

        A curve that falls more steeply at first than any law does would else be foretold too high for ever.
        """
        fitted = self.predict(pictures)
        factor = np.divide(errors, fitted, out=np.ones_like(fitted), where=fitted > 0)
        return type(self)(factor * self.floor, factor * self.scale, self.exponent)


def fit_power_laws(pictures: Floats, errors: Floats) -> PowerLaws:
    """Fits one law to each curve.

    Later points weigh more, as in Figueroa et al. (2012): they stand nearer to what is to be foretold.

    Args:
        pictures: training pictures of each point, growing, `[points]`; at least `FEWEST_POINTS`.
        errors: `[curves, points]`.
    """
    weights = np.arange(1, len(pictures) + 1) / len(pictures)
    weights = weights / weights.sum()
    falling = pictures[np.newaxis, :] ** -EXPONENTS[:, np.newaxis]  # [exponents, points]
    mean_falling, mean_errors = falling @ weights, errors @ weights
    spread = falling - mean_falling[:, np.newaxis]
    slope = (errors * weights) @ spread.T / ((spread**2) @ weights)  # [curves, exponents]
    scale = np.maximum(slope, 0.0)
    floor = mean_errors[:, np.newaxis] - scale * mean_falling
    # Where the best floor lies below 0, none is better than 0.
    through_zero = (errors * weights) @ falling.T / ((falling**2) @ weights)
    scale = np.where(floor < 0, through_zero, scale)
    floor = np.maximum(floor, 0.0)
    fitted = floor[..., np.newaxis] + scale[..., np.newaxis] * falling
    loss = ((errors[:, np.newaxis] - fitted) ** 2) @ weights
    best = loss.argmin(axis=1)
    rows = np.arange(len(errors))
    return PowerLaws(floor[rows, best], scale[rows, best], EXPONENTS[best])
