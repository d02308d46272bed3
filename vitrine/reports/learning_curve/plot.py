"""The figure of the learning curve."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from vitrine.evaluation.learning_curve.curve import LearningCurve
from vitrine.reports.shared.plots import WIDTH
from vitrine.ui.figures import style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts
from vitrine.ui.ticks import PercentTicks

LEAST_DISTANCE = 1.6  # between numbers on the axis, as a factor; nearer ones would touch


def draw_learning_curve(curve: LearningCurve, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """Accuracy over the training pictures of each class, measured and foretold, with 95 % intervals.

    Args:
        curve: with at least one point.
        texts: of the reader's language.
        theme: colours.
    """
    with style(theme):
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        places = [point.pictures_per_class for point in curve.points]
        _draw_points(
            axes, places, [(point.accuracy, point.interval) for point in curve.points], theme.training, "o",
            texts("learning_curve.measured"), filled=True,
        )  # fmt: skip
        if curve.outlooks and curve.scale is not None and curve.floor is not None and curve.exponent is not None:
            today, last = curve.outlooks[0].pictures_per_class, curve.outlooks[-1].pictures_per_class
            for start, end, dashes in ((places[0], today, "-"), (today, last, "--")):
                line = np.geomspace(start, end, 60)
                accuracy = 1 - curve.floor - curve.scale * line**-curve.exponent
                axes.plot(line, accuracy.clip(0, 1), dashes, linewidth=1.6, color=theme.muted, zorder=1)
            ahead = curve.outlooks[1:]
            places += [outlook.pictures_per_class for outlook in ahead]
            _draw_points(
                axes, places[-len(ahead) :], [(outlook.accuracy, outlook.interval) for outlook in ahead],
                theme.validation, "D", texts("learning_curve.foretold"), filled=False,
            )  # fmt: skip
        _set_axes(axes, places, curve, texts)
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _draw_points(
    axes: Axes,
    places: list[float],
    values: list[tuple[float, tuple[float, float]]],
    color: str,
    marker: str,
    label: str,
    filled: bool,
) -> None:
    middle = np.array([value for value, _ in values])
    low, high = (np.array([interval[end] for _, interval in values]) for end in (0, 1))
    axes.errorbar(
        places, middle, yerr=[np.maximum(middle - low, 0), np.maximum(high - middle, 0)], fmt=marker, markersize=6,
        color=color, markerfacecolor=color if filled else axes.get_facecolor(), capsize=3, linewidth=1.4, label=label,
    )  # fmt: skip


def _set_axes(axes: Axes, places: list[float], curve: LearningCurve, texts: Texts) -> None:
    axes.set_xscale("log")
    shown: list[float] = []
    for place in sorted(places, reverse=True):  # the last ones matter most
        if not shown or shown[-1] / place >= LEAST_DISTANCE:
            shown.append(place)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: texts.number(round(place))))
    axes.set_xlabel(texts("learning_curve.x_axis"))
    axes.set_title(texts("learning_curve.y_axis"))
    lowest = min(point.interval[0] for point in curve.points)
    axes.set_ylim(max(0.0, np.floor(lowest * 10 - 0.2) / 10), 1.01)
    axes.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))  # 0.025 would be rounded to whole percents
    axes.yaxis.set_major_formatter(PercentTicks(texts))
    axes.grid(axis="y")
