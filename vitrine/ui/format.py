"""Numbers, names and times as people read them."""

from collections.abc import Sequence

from markupsafe import Markup, escape


def percent(share: float, decimals: int = 0) -> str:
    """A share in [0, 1]: 0.85 becomes "85 %"."""
    return f"{share * 100:.{decimals}f} %"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """1,101 and "picture" become "1,101 pictures"; `nouns` is the plural where it is not the noun and an s."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def quote(names: Sequence[str], at_most: int = 5) -> str:
    """Names in quotes with commas: "'a', 'b' and 12 more"."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > at_most:
        quoted = [", ".join(quoted[:at_most]), f"{len(quoted) - at_most:,} more"]
    elif len(quoted) > 1:
        quoted = [", ".join(quoted[:-1]), quoted[-1]]
    return " and ".join(quoted)


def breakable(name: str) -> Markup:
    """Escapes a name and lets lines break after its underscores, hyphens, dots and slashes."""
    text = str(escape(name))
    for mark in "_-./":
        text = text.replace(mark, f"{mark}<wbr>")
    return Markup(text)  # noqa: S704 (escaped above)


def duration(seconds: float) -> str:
    """58.2 becomes "58 s", 151 "2 min 31 s", 4,321 "1 h 12 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {rest} s"
