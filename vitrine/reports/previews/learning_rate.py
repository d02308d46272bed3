"""The figure of the learning-rate finder."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vitrine.reports.shared.plots import WIDTH
from vitrine.ui.figures import style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts, load_texts
from vitrine.ui.ticks import NumberTicks


def rate_curve(
    rates: npt.NDArray[np.float64],
    losses: npt.NDArray[np.float64],
    steepest: float,
    valley: float,
    theme: Theme = LIGHT,
    texts: Texts | None = None,
) -> Figure:
    """Smoothed loss over the learning rate, with both suggestions marked.

    Args:
        rates: growing.
        losses: one for each rate, in nats.
        steepest: a rate among them.
        valley: a rate among them.
        theme: colours.
        texts: of the reader's language; None: English.
    """
    texts = texts or load_texts("en")
    with style(theme):
        figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(rates, losses, linewidth=2, color=theme.training)
        for name, rate, marker, color in (
            ("valley", valley, "o", theme.right),
            ("steepest", steepest, "s", theme.validation),
        ):
            loss = losses[np.abs(rates - rate).argmin()]
            axes.plot(
                [rate], [loss], marker, markersize=9, color=color, markeredgecolor=theme.text,
                label=texts(f"learning_rate.{name}", rate=texts.short_number(rate, 2)), zorder=3,
            )  # fmt: skip
        axes.set_xscale("log")
        # The explosion would press all that matters into a line.
        low, first = float(losses.min()), float(losses[0])
        axes.set_ylim(low - 0.1 * (first - low) - 1e-3, first + 0.6 * (first - low) + 1e-3)
        axes.yaxis.set_major_formatter(NumberTicks(texts))
        axes.set_title(texts("learning_rate.loss"))
        axes.set_xlabel(texts("learning_rate.rate"))
        axes.grid(axis="both")
        figure.legend(loc="outside upper left", ncols=2)
    return figure
