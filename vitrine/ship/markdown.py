"""Cards are Markdown from a template, in which a blank is an error: what is not known is said in words, or left out."""

import html
import math
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent


def render_markdown(template: str, **content: Any) -> str:
    """Fills a template of this folder.

    Args:
        template: name of its file.
        **content: what it shows.

    Raises:
        ValueError: a place would stay blank, or show something that is not a number.
    """
    environment = Environment(  # noqa: S701 (Markdown; `cell` escapes what people wrote)
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=_refuse_blank,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": escape_cell, "number": "{:,}".format, "code": lambda text: text.replace("`", "'")}
    return environment.get_template(template).render(**content)


def escape_cell(text: str) -> str:
    """Text as it is read, in a Markdown table or line: no markup, one line."""
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(" ".join(str(text).split()), quote=False))


def _refuse_blank(value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ValueError("a place of the card would be blank")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"the card would say {value}")
    return value
