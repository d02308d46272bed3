"""Names as pages show them."""

from markupsafe import Markup, escape


def breakable(name: str) -> Markup:
    """Escapes a name and lets lines break after its underscores, hyphens, dots and slashes."""
    text = str(escape(name))
    for mark in "_-./":
        text = text.replace(mark, f"{mark}<wbr>")
    return Markup(text)  # noqa: S704 (escaped above)
