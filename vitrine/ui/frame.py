"""The frame of every page: templates, the one stylesheet, figures and pictures inside the file.

A page needs nothing but itself: no script, no font, no file beside it, no network. Its content security policy makes
the browser hold to that.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from vitrine.invocation import command_line
from vitrine.ui.palette import DARK, LIGHT, SPLITS
from vitrine.ui.stored import translate
from vitrine.ui.texts import Texts, load_texts

TEMPLATES = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "reports")
JPEG_QUALITY = 82
SMALL_IMAGE = 64  # pixels; smaller ones are shown pixel by pixel, not as a blur


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a data address; `is_small` asks for its pixels to be shown as squares."""

    address: str
    width: int
    height: int
    is_small: bool


def thumbnail(picture: Image.Image) -> Thumbnail:
    """Puts a picture of thumbnail size into an address: JPEG, or PNG where it has few pixels."""
    is_small = max(picture.size) < SMALL_IMAGE
    stream = BytesIO()
    if is_small:
        picture.save(stream, "PNG")
    else:
        picture.convert("RGB").save(stream, "JPEG", quality=JPEG_QUALITY, optimize=True)
    kind = "image/png" if is_small else "image/jpeg"
    return Thumbnail(data_address(kind, stream.getvalue()), picture.width, picture.height, is_small)


def data_address(kind: str, content: bytes) -> str:
    """Content of a media type such as "image/png" as an address that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def breakable(name: str) -> Markup:
    """Escapes a name and lets lines break after its underscores, hyphens, dots and slashes."""
    text = str(escape(name))
    for mark in "_-./":
        text = text.replace(mark, f"{mark}<wbr>")
    return Markup(text)  # noqa: S704 (escaped above)


def page_language(path: Path) -> str | None:
    """The language of a page that `render` made; None where there is no such page."""
    try:
        with path.open(encoding="utf-8") as file:
            found = re.search(r'<html lang="(\w+)"', file.read(200))
    except (OSError, UnicodeDecodeError):
        return None
    return found.group(1) if found else None


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
        "breakable": breakable,
        "stored": lambda sentence: translate(sentence, texts),
        "duration": texts.duration,
        "day": texts.day,
        "day_and_time": texts.day_and_time,
        "size": texts.size,
    }
    environment.globals |= {
        "t": texts, "light": asdict(LIGHT), "dark": asdict(DARK), "split_names": SPLITS,
        "command": command_line,
    }  # fmt: skip
    return environment.get_template(template).render(dict(content))
