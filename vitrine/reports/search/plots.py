"""The figures of a search: its history, which parameters mattered, and every trial as a line through its values."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vitrine.records.search import ParameterRecord, SearchResult, TrialRecord
from vitrine.reports.shared.plots import WIDTH
from vitrine.ui.figures import shorten, style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts
from vitrine.ui.ticks import NumberTicks, PercentTicks

LONGEST_NAME = 30  # characters; tables give names in full
WIDE_RATIO = 20.0  # between the worst and the best loss; beyond it a plain scale shows the worst only
GOOD_SHARE = 0.25  # of the trials are drawn in colour
ON_TOP = 100_000  # of all trials' lines
ROW = 0.8  # inches of a parameter's axis, its name above it


def search_history(result: SearchResult, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """The objective of each trial in their order, and the best so far; what gave none stands below as a mark.

    Args:
        result: with at least one complete trial.
        texts: language of the labels.
        theme: colours.
    """
    complete = [trial for trial in result.trials if trial.state == "complete"]
    figures = [result.figure(trial) or 0.0 for trial in complete]
    numbers = [trial.number for trial in complete]
    is_loss = result.objective == "validation_loss"
    so_far = (np.minimum if is_loss else np.maximum).accumulate(figures)
    with style(theme):
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        axes, strip = figure.subplots(2, 1, sharex=True, height_ratios=(8, 1))
        axes.step(
            [*numbers, len(result.trials)], [*so_far, so_far[-1]], where="post", linewidth=2, color=theme.right,
            label=texts("search.figures.best_so_far"),
        )  # fmt: skip
        axes.plot(numbers, figures, "o", markersize=5, color=theme.training, label=texts("search.states.complete"))
        best = result.best_trial
        axes.plot(
            [best.number], [result.figure(best)], "o", markersize=9, color=theme.right, markeredgecolor=theme.text,
            label=texts("search.figures.best", number=best.number), zorder=3,
        )  # fmt: skip
        if result.default_trial is not None:
            axes.axhline(result.figure(result.default_trial) or 0.0, color=theme.muted, linestyle=":", linewidth=1.4,
                         label=texts("search.figures.before"))  # fmt: skip
        _scale_objective(axes, figures, is_loss, texts)
        axes.set_title(texts(f"search.figures.{result.objective}"))
        axes.grid(axis="y")
        _draw_strip(strip, result.trials, texts, theme)
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _scale_objective(axes: Axes, figures: Sequence[float], is_loss: bool, texts: Texts) -> None:
    if is_loss and min(figures) > 0 and max(figures) / min(figures) > WIDE_RATIO:
        axes.set_yscale("log")
    elif is_loss:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(NumberTicks(texts))
    else:
        axes.yaxis.set_major_formatter(PercentTicks(texts))


def _draw_strip(axes: Axes, trials: Sequence[TrialRecord], texts: Texts, theme: Theme) -> None:
    """Trials without a figure, by their number."""
    for state, marker, color in (("pruned", "v", theme.validation), ("failed", "X", theme.wrong)):
        numbers = [trial.number for trial in trials if trial.state == state]
        if numbers:
            axes.plot(numbers, [0.0] * len(numbers), marker, markersize=6, color=color, linestyle="",
                      label=texts(f"search.states.{state}"), clip_on=False)  # fmt: skip
    axes.set(ylim=(-1, 1), yticks=[], xlabel=texts("search.figures.trial"))
    axes.set_xlim(0.4, len(trials) + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.spines["left"].set_visible(False)


def parameter_importance(parameters: Sequence[ParameterRecord], texts: Texts, theme: Theme = LIGHT) -> Figure:
    """One bar per parameter, the most important on top.

    Args:
        parameters: with an importance each.
        texts: language of the labels.
        theme: colours.
    """
    ranked = sorted(parameters, key=lambda parameter: parameter.importance or 0.0)
    shares = [parameter.importance or 0.0 for parameter in ranked]
    with style(theme):
        figure = Figure(figsize=(WIDTH, 0.4 + 0.48 * len(ranked)), layout="constrained")
        axes = figure.subplots()
        axes.barh(range(len(ranked)), shares, height=0.42, color=theme.training)
        for row, (parameter, share) in enumerate(zip(ranked, shares, strict=True)):
            axes.annotate(texts.percent(share), (share, row), (4, 0), textcoords="offset points", va="center")
            axes.annotate(shorten(parameter.name, 48), (0, row), (0, 9), textcoords="offset points", va="bottom")
        axes.set(xticks=[], yticks=[], ylim=(-0.5, len(ranked) - 0.2), xlim=(0, max([*shares, 0.01]) * 1.14))
        axes.spines[:].set_visible(False)
        axes.set_title(texts("search.figures.importance"))
    return figure


def parallel_coordinates(result: SearchResult, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """Each complete trial as a line from top to bottom through its values; the axes lie one below the other.

    So it can be read on a phone, however many parameters there are. The best quarter is in colour, the best trial
    thick.

    Args:
        result: with at least one complete trial.
        texts: language of the labels.
        theme: colours.
    """
    complete = [trial for trial in result.trials if trial.state == "complete"]
    ranked = sorted(complete, key=lambda trial: _rank(result, trial), reverse=True)
    good = {trial.number for trial in ranked[-max(1, round(GOOD_SHARE * len(ranked))) :]}
    rows = len(result.parameters)
    low, high = _objective_ends(result, complete)
    with style(theme):
        figure = Figure(figsize=(WIDTH, 0.5 + ROW * (rows + 1)), layout="constrained")
        axes = figure.subplots()
        for row, parameter in enumerate(result.parameters):
            _draw_axis(axes, -row, parameter.name, _ticks(parameter), theme)
        ends = [(0.0, _write_objective(result, low, texts)), (1.0, _write_objective(result, high, texts))]
        _draw_axis(axes, -rows, texts(f"search.figures.{result.objective}"), ends, theme)
        for place, trial in enumerate(ranked):
            is_best, is_good = trial.number == result.best, trial.number in good
            shift = 0.016 * ((trial.number * 0.618) % 1 - 0.5)  # choices would put lines upon each other
            places = [place_on_axis(parameter, trial) + shift for parameter in result.parameters]
            share = ((result.figure(trial) or 0.0) - low) / (high - low) if high > low else 0.5
            axes.plot(
                [*places, share], [-row for row in range(rows + 1)], linewidth=2.6 if is_best else 1.2,
                color=theme.right if is_best else theme.training if is_good else theme.muted,
                alpha=1.0 if is_best else 0.8 if is_good else 0.28, zorder=3 + place, solid_capstyle="round",
                label=_line_label(texts, is_best, is_good, trial, ranked),
            )  # fmt: skip
        axes.set(xlim=(-0.03, 1.03), ylim=(-rows - 0.35, 0.5), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _rank(result: SearchResult, trial: TrialRecord) -> float:
    """Lower is better."""
    figure = result.figure(trial) or 0.0
    return figure if result.objective == "validation_loss" else -figure


def _line_label(
    texts: Texts, is_best: bool, is_good: bool, trial: TrialRecord, ranked: Sequence[TrialRecord]
) -> str | None:
    """One label for each kind of line: a legend needs it once."""
    if is_best:
        return texts("search.figures.best", number=trial.number)
    if is_good and len(ranked) > 1 and trial is ranked[-2]:
        return texts("search.figures.good")
    return texts("search.figures.others") if trial is ranked[0] and not is_good else None


def _objective_ends(result: SearchResult, trials: Sequence[TrialRecord]) -> tuple[float, float]:
    figures = [result.figure(trial) or 0.0 for trial in trials]
    return min(figures), max(figures)


def _write_objective(result: SearchResult, value: float, texts: Texts) -> str:
    return texts.number(value, 3) if result.objective == "validation_loss" else texts.percent(value, 1)


def _draw_axis(axes: Axes, height: float, name: str, ticks: Sequence[tuple[float, str]], theme: Theme) -> None:
    """A line with its name above it; letters lie over the trials' lines, on a ground of their own."""
    fill_color = {"facecolor": theme.surface, "edgecolor": "none", "pad": 0.6}
    axes.hlines(height, 0, 1, color=theme.line, linewidth=1.4, zorder=1)
    axes.annotate(
        shorten(name, 44), (0, height), (0, 14), textcoords="offset points", va="bottom", fontweight="bold",
        zorder=ON_TOP, bbox=fill_color,
    )  # fmt: skip
    for number, (place, label) in enumerate(ticks):
        axes.plot([place], [height], "|", color=theme.muted, markersize=7, zorder=2)
        side = "left" if number == 0 and len(ticks) > 1 else "right" if number == len(ticks) - 1 else "center"
        axes.annotate(
            label, (place, height), (0, 3), textcoords="offset points", ha=side, va="bottom", fontsize=8,
            color=theme.muted, zorder=ON_TOP, bbox=fill_color,
        )  # fmt: skip


def _ticks(parameter: ParameterRecord) -> list[tuple[float, str]]:
    if parameter.low is None or parameter.high is None:
        count = len(parameter.labels)
        longest = max(6, 56 // count)  # letters of so small a size on one line
        return [(_choice_place(row, count), shorten(label, longest)) for row, label in enumerate(parameter.labels)]
    return [(0.0, f"{parameter.low:g}"), (1.0, f"{parameter.high:g}")]


def _choice_place(row: int, count: int) -> float:
    return row / (count - 1) if count > 1 else 0.5


def place_on_axis(parameter: ParameterRecord, trial: TrialRecord) -> float:
    """Where on its axis a trial's value lies, 0 to 1."""
    value = trial.values[parameter.name]
    if isinstance(value, str):
        return _choice_place(parameter.labels.index(value), len(parameter.labels))
    low, high = parameter.low or 0.0, parameter.high or 0.0
    if parameter.is_log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)
