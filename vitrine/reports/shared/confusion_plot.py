"""The confusion matrix as a figure: every class by its name, or the most confused ones above an overview."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from vitrine.reports.shared.plots import LONGEST_NAME, WIDTH
from vitrine.ui.figures import shorten, style
from vitrine.ui.palette import LIGHT, Theme
from vitrine.ui.texts import Texts, load_texts

MAX_CLASSES_WITH_NUMBERS = 20
MOST_NAMED = 40  # more would need a figure of over 2,000 pixels
MOST_CELLS = 100  # of a side of the overview
OVERVIEW = 3.4  # inches


def confusion_matrix(
    counts: npt.NDArray[np.int_], label_names: Sequence[str], theme: Theme = LIGHT, texts: Texts | None = None
) -> Figure:
    """Rows are the true classes, columns the answers; the shade is the share of the row.

    Right answers (the diagonal) and mistakes have two colours, and small shares are lifted (square root), so that a
    rare mistake among a hundred classes can be seen. Up to 20 classes the cells hold the count and the row's share. Of
    more than 40 classes those with the most mix-ups are named, and below them stands the whole matrix, several classes
    in a cell.

    Args:
        counts: `[classes, classes]`, rows = true class. A row without pictures is hatched.
        label_names: in the order of the rows.
        theme: colours.
        texts: of the page's language; None: English.
    """
    texts = texts or load_texts("en")
    total = len(label_names)
    part = np.arange(total) if total <= MOST_NAMED else find_most_confused(counts, MOST_NAMED)
    names = [shorten(label_names[place], LONGEST_NAME) for place in part]
    side, margin = _matrix_side(names)
    names_fit = max(map(len, names)) * 0.08 < side / len(names)
    height = (0.6 if names_fit else margin) + side
    pictures = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(pictures, 1)
    square = np.ix_(part, part)
    shown = _Named(counts[square], shares[square], pictures[part, 0] > 0, names, names_fit)
    with style(theme):
        if total <= MOST_NAMED:
            figure = Figure(figsize=(margin + side, height), layout="constrained")
            _draw_named(figure.subplots(), shown, theme, texts)
            return figure
        figure = Figure(figsize=(margin + side, height + OVERVIEW + 0.6), layout="constrained")
        named, overview = figure.subplots(2, 1, height_ratios=(height, OVERVIEW + 0.3))
        _draw_named(named, shown, theme, texts)
        named.set_title(texts("common.figures.most_confused", count=len(part)))
        _draw_overview(overview, shares, theme, texts)
    return figure


def find_most_confused(counts: npt.NDArray[np.int_], most: int) -> npt.NDArray[np.int64]:
    """The classes of the largest mix-ups, in their order; where too few are mixed up, the first ones besides.

    Args:
        counts: `[classes, classes]`, rows = true class.
        most: how many.
    """
    rows, columns = np.nonzero(counts)
    mixed_up = rows != columns
    rows, columns = rows[mixed_up], columns[mixed_up]
    order = np.argsort(-counts[rows, columns], kind="stable")
    pairs = np.stack([rows[order], columns[order]], axis=1).ravel().tolist()
    return np.sort(np.array(list(dict.fromkeys([*pairs, *range(len(counts))]))[:most], np.int64))


@dataclass(frozen=True)
class _Named:
    """The classes that are drawn by their names.

    Attributes:
        counts: among them, `[classes, classes]`.
        shares: of all pictures of the row's class, `[classes, classes]`.
        tested: whether the class has pictures, `[classes]`.
        names: as they are written.
        upright: whether they fit side by side.
    """

    counts: npt.NDArray[np.int_]
    shares: npt.NDArray[np.float64]
    tested: npt.NDArray[np.bool_]
    names: Sequence[str]
    upright: bool


def _draw_named(axes: Axes, shown: _Named, theme: Theme, texts: Texts) -> None:
    total = len(shown.names)
    few = total <= MAX_CLASSES_WITH_NUMBERS
    size = 9 if few else 6.5
    axes.imshow(_matrix_colors(shown.shares, theme), aspect="equal", interpolation="nearest")
    if few:
        _write_cells(axes, shown.counts, shown.shares, theme, texts)
    _write_names(axes, shown.names, size, shown.upright, texts)
    for row in np.flatnonzero(~shown.tested).tolist():
        axes.axhspan(row - 0.5, row + 0.5, facecolor="none", edgecolor=theme.line, hatch="////", linewidth=0)
        words = texts("common.figures.no_test_pictures")
        axes.text(-0.4, row, words, va="center", color=theme.muted, fontsize=size)
    # Lines between the cells; a grid would need as many ticks again, which take a second with 100 classes.
    gaps, ends = np.arange(total + 1) - 0.5, (-0.5, total - 0.5)
    axes.hlines(gaps, *ends, color=theme.surface, linewidth=2 if few else 0.5)
    axes.vlines(gaps, *ends, color=theme.surface, linewidth=2 if few else 0.5)
    axes.set(xlim=ends, ylim=ends[::-1])


def _draw_overview(axes: Axes, shares: npt.NDArray[np.float64], theme: Theme, texts: Texts) -> None:
    """The whole matrix in at most 100 cells a side; a cell shows the largest share of its classes."""
    total = len(shares)
    size = -(-total // MOST_CELLS)
    starts = np.arange(0, total, size)
    right = np.maximum.reduceat(np.diagonal(shares), starts)
    wrong = shares.copy()
    np.fill_diagonal(wrong, 0)
    wrong = np.maximum.reduceat(np.maximum.reduceat(wrong, starts, axis=0), starts, axis=1)
    np.fill_diagonal(wrong, right)
    axes.imshow(_matrix_colors(wrong, theme), aspect="equal", interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(texts("common.figures.answer"))
    axes.set_ylabel(texts("common.figures.truth"), labelpad=8)
    axes.set_title(texts("common.figures.all_classes", total=texts.number(total), count=size))


def _matrix_side(names: Sequence[str]) -> tuple[float, float]:
    """Side of the matrix and room for its names, in inches; together a phone's width where the numbers allow it."""
    few = len(names) <= MAX_CLASSES_WITH_NUMBERS
    margin = 0.45 + max(map(len, names)) * (0.082 if few else 0.06)
    needed = len(names) * (0.42 if few else 0.115)
    largest = 1.1 * len(names)  # two classes need no cells of the size of a hand
    return max(needed, min(WIDTH - margin, largest)), margin


def _matrix_colors(shares: npt.NDArray[np.float64], theme: Theme) -> npt.NDArray[np.float64]:
    """`[classes, classes, 3]`: from the ground to the colour of right answers (diagonal) or mistakes (elsewhere)."""
    weight = np.sqrt(shares)[..., np.newaxis]
    full = np.full((*shares.shape, 3), to_rgb(theme.wrong))
    full[np.diag_indices(len(shares))] = to_rgb(theme.right)
    fill_color = np.asarray(to_rgb(theme.raised))
    colors: npt.NDArray[np.float64] = weight * full + (1 - weight) * fill_color
    return colors


def _write_cells(
    axes: Axes, counts: npt.NDArray[np.int_], shares: npt.NDArray[np.float64], theme: Theme, texts: Texts
) -> None:
    colors = _matrix_colors(shares, theme)
    for row, column in np.argwhere(counts > 0):
        brightness = colors[row, column] @ (
            0.299,
            0.587,
            0.114,
        )  # as the eye weighs red, green and blue (ITU-R BT.601)
        ink = LIGHT.text if brightness > 0.55 else LIGHT.surface
        for text, size, offset, va, weight in (
            (texts.number(counts[row, column]), 9, 1, "bottom", "bold"),
            (texts.percent(shares[row, column]), 7, -1, "top", "normal"),
        ):
            axes.annotate(text, (column, row), (0, offset), textcoords="offset points", ha="center", va=va,
                          color=ink, fontsize=size, fontweight=weight)  # fmt: skip


def _write_names(axes: Axes, names: Sequence[str], size: float, upright: bool, texts: Texts) -> None:
    places = np.arange(len(names))
    axes.set_xticks(places, names, rotation=0 if upright else 90, fontsize=size)
    axes.set_yticks(places, names, fontsize=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(texts("common.figures.answer"))
    axes.set_ylabel(texts("common.figures.truth"), labelpad=8)
