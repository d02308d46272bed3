"""Figures of confidence: reliability before and after calibration, and mistakes against answers given."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitrine.records.calibration import Calibration, Reliability
from vitrine.records.selective import Rejection
from vitrine.reports.shared.plots import WIDTH
from vitrine.ui.figures import style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts
from vitrine.ui.ticks import PercentTicks

LARGEST_DOT = 160.0  # square points, for a bin of all pictures
SMALLEST_DOT = 14.0


def reliability_diagram(calibration: Calibration, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """Share of right answers over confidence, above the share of pictures with that confidence.

    Args:
        calibration: before and after.
        texts: of the page's language.
        theme: colours.
    """
    both = (
        ("before", calibration.before, theme.validation, "s--"),
        ("after", calibration.after, theme.right, "o-"),
    )
    return _draw_reliability(both, texts, theme)


def reliability_as_it_is(reliability: Reliability, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """The same for a model that is measured and not calibrated.

    Args:
        reliability: of its probabilities.
        texts: of the page's language.
        theme: colours.
    """
    return _draw_reliability((("model", reliability, theme.right, "o-"),), texts, theme)


def _draw_reliability(lines: Sequence[tuple[str, Reliability, str, str]], texts: Texts, theme: Theme) -> Figure:
    """Each line: its name in the catalogue, what it shows, its colour, its marker and dashes."""
    with style(theme):
        figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
        shares, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        shares.plot([0, 1], [0, 1], ":", color=theme.muted, linewidth=1.2, label=texts("calibration.figure.perfect"))
        for place, (name, reliability, color, line) in enumerate(lines):
            _draw_bins(shares, reliability, color, line, texts(f"calibration.figure.{name}"))
            room = 0.84 * (reliability.bins[0].high - reliability.bins[0].low)
            width = room / len(lines)
            pictures = sum(found.pictures for found in reliability.bins)
            counts.bar(
                [found.low + room * 0.095 + place * width for found in reliability.bins],
                [found.pictures / pictures for found in reliability.bins],
                width, align="edge", color=color,
            )  # fmt: skip
        shares.set_title(texts("calibration.figure.accuracy"))
        counts.set_title(texts("calibration.figure.pictures"))
        counts.set_xlabel(texts("calibration.figure.confidence"))
        for axes in (shares, counts):
            axes.yaxis.set_major_formatter(PercentTicks(texts))
            axes.grid(axis="y")
        counts.xaxis.set_major_formatter(PercentTicks(texts))
        shares.set(xlim=(-0.02, 1.03), ylim=(-0.03, 1.05))
        figure.legend(*shares.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def _draw_bins(axes: Axes, reliability: Reliability, color: str, line: str, label: str) -> None:
    known = [found for found in reliability.bins if found.pictures]
    confidence = [found.confidence for found in known if found.confidence is not None]
    accuracy = [found.accuracy for found in known if found.accuracy is not None]
    sizes = np.array([found.pictures for found in known]) / sum(found.pictures for found in known)
    axes.plot(confidence, accuracy, line[1:], color=color, linewidth=1.4, marker=line[0], markersize=4, label=label)
    axes.scatter(confidence, accuracy, np.maximum(LARGEST_DOT * sizes, SMALLEST_DOT), color=color, marker=line[0])


def risk_curve(rejection: Rejection, texts: Texts, theme: Theme = LIGHT) -> Figure:
    """Share of wrong answers over the share of pictures that are answered, surest first.

    Args:
        rejection: the curve, and where the model's threshold lies.
        texts: of the page's language.
        theme: colours.
    """
    curve, allowed = rejection.curve, 1 - rejection.precision
    with style(theme):
        figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.axhline(
            allowed, color=theme.wrong, linestyle=":", linewidth=1.4,
            label=texts("rejection.figure.allowed", share=texts.percent(allowed, _decimals(allowed))),
        )  # fmt: skip
        # A few pictures have no shape: a line alone would hide them.
        marker = "o" if len(curve.coverage) <= 20 else ""
        axes.plot(
            curve.coverage, curve.risk, marker=marker, markersize=3.5, color=theme.training, linewidth=2,
            label=texts("rejection.figure.curve"),
        )  # fmt: skip
        if rejection.accuracy_answered is not None:
            axes.plot(
                [rejection.coverage], [1 - rejection.accuracy_answered], "o", markersize=9, color=theme.right,
                markeredgecolor=theme.text, label=texts("rejection.figure.chosen"), clip_on=False, zorder=3,
            )  # fmt: skip
        axes.set_title(texts("rejection.figure.risk"))
        axes.set_xlabel(texts("rejection.figure.coverage"))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentTicks(texts))
        axes.set(xlim=(0, 1.02), ylim=(0, 1.25 * max(allowed, max(curve.risk))))
        axes.grid(axis="y")
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _decimals(share: float) -> int:
    """None for 5 %, one for 2.5 %."""
    return 0 if abs(100 * share - round(100 * share)) < 1e-6 else 1
