"""How every figure looks, and how a figure becomes a file: fonts, lines, PNG and SVG."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from vitrine.records.atomic import write_bytes
from vitrine.ui.palette import Theme

PNG_DOTS_PER_INCH = 160
SMALL_PICTURE = 64  # pixels; smaller ones are shown pixel by pixel, not as a blur

# DejaVu comes with matplotlib; the others add scripts that it lacks, where the machine has them.
FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans", "Arial Unicode MS")


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


def save_png(figure: Figure, path: Path) -> None:
    """Writes the figure as PNG, whole or not at all."""
    write_bytes(path, _render(figure, "png", {}))


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


def shorten(name: str, longest: int) -> str:
    """Takes out the middle of a long name: classes differ at their beginnings and ends more often."""
    if len(name) <= longest:
        return name
    head = (longest - 1) // 2
    return f"{name[:head]}…{name[-(longest - 1 - head) :]}"
