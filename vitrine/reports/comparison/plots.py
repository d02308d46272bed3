"""Figures of a comparison: dots for each run, differences with their intervals, accuracy against time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from vitrine.reports.shared.plots import LONGEST_NAME, WIDTH
from vitrine.ui.figures import shorten, style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts
from vitrine.ui.ticks import NumberTicks, PercentTicks

ROW = 0.42  # inches
LOGARITHMIC = 20  # times as long as the quickest: on a plain axis the quick ones would be one dot


@dataclass(frozen=True)
class Row:
    """A variant in a figure; shares in [0, 1].

    Attributes:
        name: of the variant.
        values: accuracy of each run.
        mean: of them.
        interval: of the mean.
        seconds: of a run.
    """

    name: str
    values: tuple[float, ...]
    mean: float
    interval: tuple[float, float]
    seconds: float


@dataclass(frozen=True)
class Gap:
    """A difference in a figure, in points; `is_shown` where the tests say that it is one."""

    name: str
    points: float
    interval: tuple[float, float]
    is_shown: bool


def accuracy_dots(rows: Sequence[Row], texts: Texts, theme: Theme = LIGHT) -> Figure:
    """A line for each variant: a dot for each run, the mean, and its interval.

    Args:
        rows: in the order from top to bottom.
        texts: of the page's language.
        theme: colours.
    """
    with style(theme):
        figure, axes = _rows_figure([row.name for row in rows])
        for place, row in enumerate(rows):
            axes.plot(
                row.interval, (place, place), color=theme.training, linewidth=6, alpha=0.35, solid_capstyle="butt"
            )
            spread = np.linspace(-0.2, 0.2, len(row.values)) if len(row.values) > 1 else np.zeros(1)
            axes.plot(
                row.values, place + spread, "o", markersize=5, color=theme.validation, markeredgecolor=theme.surface,
                markeredgewidth=0.6, linestyle="none",
            )  # fmt: skip
            axes.plot([row.mean], [place], "|", markersize=20, markeredgewidth=2.4, color=theme.text)
        axes.xaxis.set_major_formatter(PercentTicks(texts))
        axes.set_xlabel(texts("comparison.figures.accuracy"))
        _end_above_one(axes)
    return figure


def difference_bars(gaps: Sequence[Gap], reference: str, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """A line for each variant: how many points it is better than the reference, with the interval.

    Args:
        gaps: in the order from top to bottom.
        reference: name of the variant that stands for 0.
        texts: of the page's language.
        theme: colours.
    """
    with style(theme):
        figure, axes = _rows_figure([gap.name for gap in gaps])
        axes.axvline(0, color=theme.text, linewidth=1.2)
        for place, gap in enumerate(gaps):
            color = (theme.right if gap.points > 0 else theme.wrong) if gap.is_shown else theme.muted
            axes.plot(gap.interval, (place, place), color=color, linewidth=2.4)
            axes.plot(
                [gap.points], [place], "D" if gap.is_shown else "o", markersize=7, color=color,
                markerfacecolor=color if gap.is_shown else theme.surface, markeredgewidth=1.8,
            )  # fmt: skip
        axes.xaxis.set_major_formatter(NumberTicks(texts))
        axes.set_xlabel(texts("comparison.figures.points", base=shorten(reference, LONGEST_NAME)))
    return figure


def accuracy_against_time(rows: Sequence[Row], texts: Texts, theme: Theme = LIGHT) -> Figure:
    """One mark for each variant: mean seconds of a run, mean accuracy with its interval.

    Args:
        rows: variants with at least one run.
        texts: of the page's language.
        theme: colours.
    """
    with style(theme):
        figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        seconds = [row.seconds for row in rows]
        if max(seconds) > LOGARITHMIC * max(min(seconds), 1e-9):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.short_number(value)))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.margins(x=0.12)
        else:
            axes.set_xlim(0, 1.25 * max(seconds))
            axes.xaxis.set_major_locator(MaxNLocator(5))
            axes.xaxis.set_major_formatter(NumberTicks(texts))
        marks = "osD^vP*X"
        for place, row in enumerate(rows):
            low, high = row.interval
            axes.plot((row.seconds, row.seconds), (low, high), color=theme.training, linewidth=1.6, alpha=0.6)
            axes.plot(
                [row.seconds], [row.mean], marks[place % len(marks)], markersize=7, color=theme.training,
                markeredgecolor=theme.surface, label=shorten(row.name, LONGEST_NAME), linestyle="none",
            )  # fmt: skip
        axes.grid(axis="both")
        axes.yaxis.set_major_formatter(PercentTicks(texts))
        axes.set_xlabel(texts("comparison.figures.seconds"))
        axes.set_ylabel(texts("comparison.figures.accuracy"))
        low, high = axes.get_ylim()
        axes.set_ylim(low, min(high, 1.0 + 0.04 * (high - low)))
        figure.legend(loc="outside upper left", ncols=2, handletextpad=0.2)
    return figure


def _rows_figure(names: Sequence[str]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, 0.75 + ROW * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(names)), [shorten(name, LONGEST_NAME) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure, axes


def _end_above_one(axes: Axes) -> None:
    """No share is above 1, but a dot there needs room for its rim."""
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, -0.02), min(high, 1.0 + 0.03 * (high - low)))
