"""The frame of every page: templates, the one stylesheet, figures and pictures inside the file.

A page needs nothing but itself: no script, no font, no file beside it, no network. Its content security policy makes
the browser hold to that.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from PIL import Image

from vitrine.invocation import command_line
from vitrine.ui import format as wording
from vitrine.ui.figures import SMALL_PICTURE, to_svg
from vitrine.ui.palette import DARK, LIGHT, SPLIT_WORDS, Theme
from vitrine.ui.texts import Texts, load_texts

TEMPLATES = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "reports")
JPEG_QUALITY = 82
LEAST_PIXELS_PER_INCH = 72  # one point is one pixel, which is as small as letters may become
MOST_PIXELS_PER_INCH = 110  # letters a little larger than the text of the page


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


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a data address; `is_small` asks for its pixels to be shown as squares."""

    address: str
    width: int
    height: int
    is_small: bool


def inline_figure(draw: Callable[[Theme], Figure]) -> InlineFigure:
    """Draws a figure in both themes.

    Args:
        draw: makes the figure in the colours of a theme.
    """
    figure = draw(LIGHT)
    width, height = figure.get_size_inches()
    return InlineFigure(
        light=_address("image/svg+xml", to_svg(figure)),
        dark=_address("image/svg+xml", to_svg(draw(DARK))),
        least_width=round(width * LEAST_PIXELS_PER_INCH),
        width=round(width * MOST_PIXELS_PER_INCH),
        height=round(height * MOST_PIXELS_PER_INCH),
    )


def thumbnail(picture: Image.Image) -> Thumbnail:
    """Puts a picture of thumbnail size into an address: JPEG, or PNG where it has few pixels."""
    is_small = max(picture.size) < SMALL_PICTURE
    stream = BytesIO()
    if is_small:
        picture.save(stream, "PNG")
    else:
        picture.convert("RGB").save(stream, "JPEG", quality=JPEG_QUALITY, optimize=True)
    kind = "image/png" if is_small else "image/jpeg"
    return Thumbnail(_address(kind, stream.getvalue()), picture.width, picture.height, is_small)


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def render(template: str, content: Mapping[str, object], texts: Texts | None = None) -> str:
    """Fills a template. A value that is missing is an error, never a blank; every text is escaped.

    Inside, `t` is the page's `Texts`, and the filters write numbers as its language does.

    Args:
        template: a file below `ui/templates/` or `reports/`.
        content: the values by name.
        texts: of the page's language; None: English.
    """
    texts = texts or load_texts("en")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": texts.percent,
        "number": texts.number,
        "plural": wording.plural,
        "breakable": wording.breakable,
        "duration": texts.duration,
        "day": texts.day,
        "day_and_time": texts.day_and_time,
        "size": texts.size,
    }
    environment.globals |= {
        "t": texts, "light": asdict(LIGHT), "dark": asdict(DARK), "split_words": SPLIT_WORDS,
        "command": command_line,
    }  # fmt: skip
    return environment.get_template(template).render(dict(content))
