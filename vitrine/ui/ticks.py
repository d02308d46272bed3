"""Numbers at the axes of figures, in the page's language and with as many decimals as tell neighbors apart."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter

from vitrine.ui.texts import Texts

MOST_DECIMALS = 6


class NumberTicks(Formatter):
    """Plain numbers: "0.5", "1.0", or "0,5", "1,0"."""

    factor = 1.0  # of what is shown

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def __call__(self, value: float, pos: int | None = None) -> str:
        """The label of a tick; matplotlib calls it once it knows all ticks."""
        return self.texts.number(value, self.decimals())

    def decimals(self) -> int:
        """As few as keep all ticks in view exact."""
        if not isinstance(self.axis, Axis):
            return 0  # belongs to no figure yet
        low, high = sorted(self.axis.get_view_interval())
        shown = [float(place) * self.factor for place in self.axis.get_majorticklocs() if low <= place <= high]
        for decimals in range(MOST_DECIMALS):
            if all(math.isclose(round(place, decimals), place, abs_tol=1e-9) for place in shown):
                return decimals
        return MOST_DECIMALS


class PercentTicks(NumberTicks):
    """Shares in [0, 1] as percents; nothing beyond 100 %, where axes end to leave room."""

    factor = 100.0

    def __call__(self, value: float, pos: int | None = None) -> str:
        """The label of a tick; matplotlib calls it once it knows all ticks."""
        return self.texts.percent(value, self.decimals()) if value <= 1 + 1e-9 else ""
