"""How every figure looks, and how a figure becomes a file: fonts, lines, PNG and SVG."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from vitrine.errors import UserError
from vitrine.records.atomic import check_replaceable_file, write_bytes
from vitrine.ui.fonts import complete_letters
from vitrine.ui.frame import data_address
from vitrine.ui.palette import DARK, LIGHT, Theme

PNG_DOTS_PER_INCH = 160
FORMATS = (".png", ".svg")  # of a drawing that somebody asks for
LEAST_PIXELS_PER_INCH = 72  # one point is one pixel, which is as small as letters may become
MOST_PIXELS_PER_INCH = 110  # letters a little larger than the text of the page

# DejaVu comes with matplotlib; the others add scripts that it lacks, where the machine has them.
FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans", "Arial Unicode MS")


@dataclass(frozen=True)
class InlineFigure:
    """A figure in both colour themes, as data addresses.

    Attributes:
        light: for light surroundings and for paper.
        dark: for dark surroundings.
        least_width: pixels below which its letters cannot be read; narrower screens scroll.
        width: largest sensible width in pixels.
        height: in pixels, at that width.
    """

    light: str
    dark: str
    least_width: int
    width: int
    height: int


@contextmanager
def style(theme: Theme) -> Iterator[None]:
    """Everything drawn inside has the project's look; matplotlib's settings are as before afterwards."""
    installed = set(fontManager.get_font_names())
    settings: dict[Any, Any] = {
        "font.family": [name for name in FONTS if name in installed],
        "font.size": 9,
        "text.parse_math": False,  # a class may be called "$5 notes and $10 notes"
        "text.color": theme.text,
        "axes.labelcolor": theme.muted,
        "axes.edgecolor": theme.line,
        "axes.facecolor": theme.surface,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "figure.facecolor": theme.surface,
        "grid.color": theme.line,
        "grid.linewidth": 0.8,
        "hatch.color": theme.line,
        "legend.frameon": False,
        "xtick.color": theme.line,
        "ytick.color": theme.line,
        "xtick.labelcolor": theme.text,
        "ytick.labelcolor": theme.text,
    }
    with mpl.rc_context(settings):
        yield


def save_png(figure: Figure, path: Path) -> dict[str, str]:
    """Writes the figure as PNG, whole or not at all.

    Returns:
        What numbers stand for in it; see `complete_letters`.
    """
    numbers = complete_letters(figure)
    write_bytes(path, _render(figure, "png", {}))
    return numbers


def check_figure_file(option: str, path: Path) -> None:
    """Makes sure that `save_figure` may write a file that was asked for by an option of a command.

    Raises:
        UserError: it is no .png or .svg file, or another picture of that name is there.
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{option}: a drawing is a .png or .svg file (got {path})")
    check_replaceable_file(option, path, b"matplotlib", "drawing of Vitrine")


def save_figure(figure: Figure, path: Path) -> None:
    """Writes the figure as its suffix says, whole or not at all; see `check_figure_file`."""
    if path.suffix.lower() == ".svg":
        write_bytes(path, to_svg(figure))
    else:
        save_png(figure, path)


def to_svg(figure: Figure) -> bytes:
    """The figure as SVG with real text: sharp at any size, every script drawn with the reader's own fonts."""
    return _render(figure, "svg", {"Date": None})


def _render(figure: Figure, file_format: str, metadata: dict[str, str | None]) -> bytes:
    buffer = BytesIO()
    settings: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "vitrine"}  # equal figures, equal bytes
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A script that no installed font covers shows as boxes in a PNG; the pages use SVG and show it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format=file_format, dpi=PNG_DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def inline_figure(draw: Callable[[Theme], Figure]) -> InlineFigure:
    """Draws a figure in both themes.

    Args:
        draw: makes the figure in the colours of a theme.
    """
    figure = draw(LIGHT)
    width, height = figure.get_size_inches()
    return InlineFigure(
        light=data_address("image/svg+xml", to_svg(figure)),
        dark=data_address("image/svg+xml", to_svg(draw(DARK))),
        least_width=round(width * LEAST_PIXELS_PER_INCH),
        width=round(width * MOST_PIXELS_PER_INCH),
        height=round(height * MOST_PIXELS_PER_INCH),
    )


def shorten(name: str, longest: int) -> str:
    """Takes out the middle of a long name: classes differ at their beginnings and ends more often."""
    if len(name) <= longest:
        return name
    head = (longest - 1) // 2
    return f"{name[:head]}…{name[-(longest - 1 - head) :]}"
