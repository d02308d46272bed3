"""Numbers to figures: pure functions that return a `matplotlib.figure.Figure` and touch neither files nor global state.

Figures are 4.6 inches wide, so that their 9 point letters can still be read on a phone; only matrices of many
classes grow wider. `pyplot` is never used: it keeps every figure alive in a hidden list.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from vitrine.ui.figures import save_png, shorten, style
from vitrine.ui.frame import SMALL_IMAGE
from vitrine.ui.palette import LIGHT, Theme, split_color
from vitrine.ui.texts import Texts, load_texts
from vitrine.ui.ticks import NumberTicks, PercentTicks

__all__ = ["class_distribution", "prediction_wall", "save_png", "training_curves"]

WIDTH = 4.6  # inches; shown 330 px wide on a phone, 9 points are 9 px high
MOST_BARS = 40
LONGEST_NAME = 24  # characters beside an axis; the tables give names in full
WALL_COLUMNS = 3


def training_curves(history: pd.DataFrame, best_epoch: int, theme: Theme = LIGHT, texts: Texts | None = None) -> Figure:
    """Loss above accuracy, for training and validation pictures, with the kept epoch marked.

    Args:
        history: one row per epoch: epoch (from 1), train_loss, validation_loss, train_accuracy, validation_accuracy,
            and, since Vitrine measures it, calibrated_loss.
        best_epoch: the epoch whose weights were kept.
        theme: colours.
        texts: of the page's language; None: English.
    """
    texts = texts or load_texts("en")
    with style(theme):
        figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
        loss, accuracy = figure.subplots(2, 1, sharex=True)
        for axes, quantity in ((loss, "loss"), (accuracy, "accuracy")):
            _draw_curves(axes, history, quantity, best_epoch, theme, texts)
        loss.set_title(texts("common.figures.loss"))
        loss.yaxis.set_major_formatter(NumberTicks(texts))
        losses = history[["train_loss", "validation_loss"]].to_numpy(dtype=float)
        loss.set_ylim(0, 1.1 * losses.max(where=np.isfinite(losses), initial=1e-3))
        accuracy.set_title(texts("common.figures.accuracy"))
        accuracy.set_xlabel(texts("common.figures.epoch"))
        accuracy.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        accuracy.yaxis.set_major_formatter(PercentTicks(texts))
        lowest = history[["train_accuracy", "validation_accuracy"]].min().min()
        # A whole tenth below: neither a single epoch nor the last tenth of a percent shall fill the whole height.
        accuracy.set_ylim(max(0.0, np.floor(lowest * 10 - 0.2) / 10), 1.02)
        figure.legend(*loss.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def _draw_curves(axes: Axes, history: pd.DataFrame, quantity: str, best_epoch: int, theme: Theme, texts: Texts) -> None:
    epochs = history["epoch"]
    marker = "o" if len(history) <= 20 else ""  # a line of one epoch would be invisible without its point
    axes.axvline(best_epoch, color=theme.muted, linewidth=1, linestyle=":")
    for split, dashes in (("train", "--"), ("validation", "-")):
        axes.plot(
            epochs, history[f"{split}_{quantity}"], dashes, marker=marker, markersize=3.5, linewidth=2,
            color=split_color(theme, split), label=texts(f"common.splits.{split}"),
        )  # fmt: skip
    if quantity == "loss" and "calibrated_loss" in history:
        axes.plot(
            epochs, history["calibrated_loss"], "-.", marker=marker, markersize=3.5, linewidth=1.5,
            color=split_color(theme, "validation"), label=texts("common.figures.calibrated"),
        )  # fmt: skip
    kept = history.loc[epochs == best_epoch, f"validation_{quantity}"]
    axes.plot(
        [best_epoch], kept, "o", markersize=9, color=theme.validation, markeredgecolor=theme.text,
        label=texts("common.figures.kept", epoch=best_epoch), clip_on=False, zorder=3,
    )  # fmt: skip
    axes.grid(axis="y")
    axes.margins(x=0.03)


def class_distribution(
    counts: Mapping[str, Mapping[str, int]], theme: Theme = LIGHT, texts: Texts | None = None
) -> Figure:
    """One bar per class, the largest on top, divided into the splits, with the class's total at its end.

    Of more than 40 classes the twenty largest and the twenty smallest have theirs; the line between says how many are
    left out.

    Args:
        counts: pictures by split (train, validation, test, perhaps gate) and label name; a class may be absent
            from a split.
        theme: colours.
        texts: of the page's language; None: English.
    """
    texts = texts or load_texts("en")
    table = pd.DataFrame({split: pd.Series(counts[split], dtype=float) for split in counts}).fillna(0)
    totals = table.sum(axis=1).sort_values(ascending=False, kind="stable")[::-1]  # rows are counted from the bottom
    left_out = max(0, len(totals) - MOST_BARS)
    if left_out:
        totals = pd.concat([totals[: MOST_BARS // 2], totals[-MOST_BARS // 2 :]])
    table = table.loc[totals.index]
    # The gap where classes are left out is as high as a bar.
    rows = np.arange(len(table)) + (np.arange(len(table)) >= MOST_BARS // 2 if left_out else 0)
    with style(theme):
        figure = Figure(figsize=(WIDTH, 0.5 + 0.27 * (rows[-1] + 1)), layout="constrained")
        axes = figure.subplots()
        if left_out:
            words = texts("common.figures.classes_between", count=left_out)
            axes.text(0, MOST_BARS // 2, words, va="center", color=theme.muted)
        left = np.zeros(len(table))
        for split in counts:
            axes.barh(
                rows, table[split], left=left, height=0.72, color=split_color(theme, split),
                edgecolor=theme.surface, linewidth=0.8, label=texts(f"common.splits.{split}"),
            )  # fmt: skip
            left += table[split].to_numpy()
        for row, total in zip(rows, totals, strict=True):
            axes.annotate(texts.number(total), (total, row), (4, 0), textcoords="offset points", va="center")
        axes.set_yticks(rows, [shorten(str(name), LONGEST_NAME) for name in table.index])
        axes.tick_params(left=False, bottom=False, labelbottom=False)
        axes.spines[:].set_visible(False)
        axes.set_ylim(-0.6, rows[-1] + 0.6)
        axes.margins(x=0.12)
        figure.legend(loc="outside upper left", ncols=len(counts))
    return figure


def prediction_wall(
    pictures: Sequence[Image.Image], captions: Sequence[str], correct: Sequence[bool], theme: Theme = LIGHT
) -> Figure:
    """Pictures with their captions; right ones have a tick and a green frame, wrong ones a cross and a red frame.

    Args:
        pictures: at least one, of any size.
        captions: one for each picture: "true / predicted, 97 %".
        correct: whether each prediction is right.
        theme: colours.
    """
    columns = min(WALL_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    side, gap, room = (
        WIDTH / WALL_COLUMNS - 0.1,
        0.1,
        0.46,
    )  # of a picture, around it, and for three lines above it; inches
    width, height = columns * (side + gap), rows * (side + gap + room)
    with style(theme):
        figure = Figure(figsize=(width, height))
        for place, (picture, caption, is_right) in enumerate(zip(pictures, captions, correct, strict=True)):
            left = place % columns * (side + gap) + gap / 2
            bottom = height - (place // columns + 1) * (side + gap + room) + gap
            axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
            _place(axes, picture, f"{'✓' if is_right else '✗'} {caption}", theme.right if is_right else theme.wrong)
    return figure


def _place(axes: Axes, picture: Image.Image, caption: str, color: str) -> None:
    """Shows a picture whole in a square frame, so that tall and wide ones line up."""
    half_width, half_height = (side / max(picture.size) for side in picture.size)
    axes.imshow(
        np.asarray(picture.convert("RGB")),
        interpolation="nearest" if max(picture.size) < SMALL_IMAGE else "antialiased",
        extent=(-half_width, half_width, -half_height, half_height),
    )
    axes.set(xticks=[], yticks=[], xlim=(-1.04, 1.04), ylim=(-1.04, 1.04))
    axes.spines[:].set(visible=True, color=color, linewidth=2.5)
    lines = textwrap.wrap(caption, 24, max_lines=3, placeholder=" …", break_on_hyphens=False)
    axes.set_title("\n".join(lines), fontsize=7, color=color)
