"""How results show themselves in a notebook: small tables and bars, in its own colours, light or dark."""

import html
import os
import webbrowser
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from vitrine.ui.texts import Texts, load_texts

TEXTS: Texts = load_texts("en")
HEIGHT = 640  # of a page in a notebook, in pixels
PICTURE_SIDE = 160  # pixels

_TABLE = Markup('<table style="border-collapse:collapse;text-align:left">{}</table>')
_CELL = Markup('<{tag} style="padding:.15em .8em .15em 0;text-align:{align};font-weight:{weight}">{content}</{tag}>')
_BAR = Markup(
    '<div style="width:12em;background:rgba(128,128,128,.25)">'
    '<div style="width:{width};height:.8em;background:currentColor;opacity:.7"></div></div>'
)


@dataclass(frozen=True)
class Page(os.PathLike[str]):
    """A page that Vitrine wrote: shown in a notebook, or opened in the browser; also a path for `open` and others.

    Attributes:
        path: of the file, which needs nothing beside it.
    """

    path: Path

    def open(self) -> None:
        """Opens it in the web browser."""
        webbrowser.open(self.path.resolve().as_uri())

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def _repr_html_(self) -> str:
        # The page travels inside the notebook: addresses of files do not work in every one of them.
        content = html.escape(self.path.read_text("utf-8"))
        return (
            f'<iframe srcdoc="{content}" sandbox="allow-scripts" '
            f'style="width:100%;height:{HEIGHT}px;border:1px solid rgba(128,128,128,.4)"></iframe>'
        )


def table(rows: Iterable[Sequence[object]], headings: Sequence[str] = ()) -> Markup:
    """A table; the first cell of a row is text, the others are figures.

    Args:
        rows: cells, escaped unless they are `Markup`.
        headings: of the columns; none: no head.
    """
    head = [_row(headings, "th")] if headings else []
    return _TABLE.format(Markup("").join([*head, *(_row(row, "td") for row in rows)]))


def _row(cells: Sequence[object], tag: str) -> Markup:
    weight = "bold" if tag == "th" else "normal"
    aligned = [("right" if place else "left", cell) for place, cell in enumerate(cells)]
    written = [_CELL.format(tag=tag, align=align, weight=weight, content=cell) for align, cell in aligned]
    return Markup("<tr>{}</tr>").format(Markup("").join(written))


def titled(title: str, *parts: object) -> str:
    """A bold line and what stands below it; parts are escaped unless they are `Markup`."""
    below = Markup("").join(Markup("<div>{}</div>").format(part) for part in parts if part)
    return str(Markup("<div><b>{}</b>{}</div>").format(title, below))


def bar(share: float) -> Markup:
    """A bar for a share in [0, 1]."""
    return _BAR.format(width=f"{share:.1%}")


def small_image(picture: Image.Image) -> Markup:
    """A picture as an `img`, at most `PICTURE_SIDE` wide and high."""
    from vitrine.ui.frame import thumbnail  # with it comes matplotlib

    copy = picture.copy()
    copy.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    return Markup('<img src="{}" alt="">').format(thumbnail(copy).address)


def tell_accuracy(accuracy: float, interval: tuple[float, float], pictures: int) -> str:
    """In words: "test accuracy 93.3 % (95 % interval 89.1 % to 96.0 %) on 210 pictures"."""
    return (
        f"test accuracy {TEXTS.percent(accuracy, 1)} (95 % interval {TEXTS.interval(*interval, 1)}) "
        f"on {TEXTS('common.pictures', count=pictures)}"
    )
