"""The curves of several runs in one figure: what each reached on the validation pictures, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vitrine.records.folder import HISTORY
from vitrine.reports.shared.plots import LONGEST_NAME, WIDTH
from vitrine.ui.figures import shorten, style
from vitrine.ui.palette import CLASS_COLORS, DARK, LIGHT, Theme
from vitrine.ui.texts import Texts
from vitrine.ui.ticks import NumberTicks, PercentTicks

DASHES = ("-", "--", "-.", ":")  # a second mark beside the colours, which come again after eight names
MOST_NAMES = len(CLASS_COLORS) * len(DASHES)
COLUMNS = ("epoch", "validation_loss", "validation_accuracy")
SECONDS = "seconds"  # of an epoch, its validation included
FAINT = 0.3  # of a line as it is, behind the smoothed one


@dataclass(frozen=True)
class RunCurve:
    """A line in both parts of the figure; runs of one name have one colour.

    Attributes:
        name: of the run or of the variant that it belongs to.
        history: one row per epoch: epoch (from 1), validation_loss, validation_accuracy; seconds, where time is asked.
    """

    name: str
    history: pd.DataFrame


def read_run_curve(name: str, folder: Path) -> RunCurve | None:
    """Reads `history.csv` of a run; None where there is none that can be read, as in a run that was removed."""
    try:
        history = pd.read_csv(folder / HISTORY)
    except (OSError, ValueError):
        return None
    return RunCurve(name, history) if len(history) and set(COLUMNS) <= set(history.columns) else None


@dataclass(frozen=True)
class CurveOptions:
    """How curves are drawn, by the words of TensorBoard.

    Attributes:
        smoothing: of an exponential moving average, from 0 (none) to below 1; what was measured stays as a faint line.
        relative_time: over the seconds since the first epoch began, in place of epochs.
    """

    smoothing: float = 0.0
    relative_time: bool = False


def run_curves(
    curves: Sequence[RunCurve], texts: Texts, theme: Theme = LIGHT, options: CurveOptions = CurveOptions()
) -> Figure:
    """Validation loss above validation accuracy, a line for each run.

    Args:
        curves: at least one, of at most 32 names.
        texts: of the page's language.
        theme: colours.
        options: smoothing, and what they are drawn over.
    """
    looks = {name: _look(place, theme) for place, name in enumerate(dict.fromkeys(curve.name for curve in curves))}
    with style(theme):
        figure = Figure(figsize=(WIDTH, 5.4 + 0.2 * ((len(looks) + 1) // 2)), layout="constrained")
        loss, accuracy = figure.subplots(2, 1, sharex=True)
        for axes, quantity in ((loss, "loss"), (accuracy, "accuracy")):
            _draw(axes, quantity, curves, looks, options)
        loss.set_title(texts("common.figures.validation_loss"))
        loss.yaxis.set_major_formatter(NumberTicks(texts))
        accuracy.set_title(texts("common.figures.validation_accuracy"))
        accuracy.yaxis.set_major_formatter(PercentTicks(texts))
        accuracy.set_xlabel(texts(f"common.figures.{'relative_time' if options.relative_time else 'epoch'}"))
        accuracy.xaxis.set_major_locator(MaxNLocator(integer=not options.relative_time, min_n_ticks=1))
        low, high = accuracy.get_ylim()
        accuracy.set_ylim(max(low, -0.02), min(high, 1.02))
        figure.legend(*loss.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def _draw(
    axes: Axes, quantity: str, curves: Sequence[RunCurve], looks: dict[str, tuple[str, str]], options: CurveOptions
) -> None:
    named: set[str] = set()
    for curve in curves:
        color, dashes = looks[curve.name]
        history = curve.history
        places = history[SECONDS].cumsum() if options.relative_time else history["epoch"]
        measured = history[f"validation_{quantity}"]
        if options.smoothing:
            axes.plot(places, measured, dashes, color=color, linewidth=1.0, alpha=FAINT)
            measured = measured.ewm(alpha=1 - options.smoothing).mean()
        axes.plot(
            places, measured, dashes, color=color, linewidth=1.4, alpha=0.85,
            marker="o" if len(history) <= 20 else "", markersize=2.5,
            label=None if curve.name in named else shorten(curve.name, LONGEST_NAME),
        )  # fmt: skip
        named.add(curve.name)
    axes.grid(axis="y")
    axes.margins(x=0.03)


def _look(place: int, theme: Theme) -> tuple[str, str]:
    light, dark = CLASS_COLORS[place % len(CLASS_COLORS)]
    return dark if theme is DARK else light, DASHES[place // len(CLASS_COLORS) % len(DASHES)]
