"""Letters that the figures' own fonts lack: from a font of this machine that has them, else a number in their place."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

BOXES = "Last Resort"
SECONDS = 10  # fontconfig answers in a fraction of one, unless it has to look through all fonts for the first time


def complete_letters(figure: Figure) -> dict[str, str]:
    """Gives each text of a figure a font for the letters that its own fonts lack.

    Args:
        figure: is changed.

    Returns:
        By its number ("#1"), each text that no font of this machine can write; the number stands in its place.
    """
    numbers: dict[str, str] = {}
    for text in figure.findobj(Text):
        words, families = text.get_text(), list(text.get_fontfamily())
        lacking = frozenset(letter for letter in words if not letter.isspace()) - _letters_of(tuple(families))
        if not lacking:
            continue
        found = _find_families("".join(sorted(lacking)))
        if found:
            text.set_fontfamily([*families, *found])
        else:
            text.set_text(numbers.setdefault(words, f"#{len(numbers) + 1}"))
    return {number: words for words, number in numbers.items()}


def _find_families(letters: str) -> list[str]:
    """One family for all letters, or several where a name mixes scripts; empty where one letter has none."""
    together = find_family(letters)
    each = [together] if together else [find_family(letter) for letter in letters]
    return [] if None in each else list(dict.fromkeys(name for name in each if name))


@cache
def _letters_of(families: tuple[str, ...]) -> frozenset[str]:
    codes: set[int] = set()
    for family in families:
        with suppress(ValueError):  # not installed
            codes.update(get_font(findfont(FontProperties(family=family), fallback_to_default=False)).get_charmap())
    return frozenset(map(chr, codes))


@cache
def find_family(letters: str) -> str | None:
    """The name of a family of this machine that has all of these letters, made known to matplotlib; None: none has."""
    for path in _candidates(letters):
        # Fonts of colored pictures, and formats that matplotlib does not read.
        with suppress(RuntimeError, OSError):
            if set(map(ord, letters)) <= set(get_font(path).get_charmap()):
                fontManager.addfont(path)
                return str(get_font(path).family_name)
    return None


def _candidates(letters: str) -> Iterator[str]:
    """Files of fonts that may have these letters: fontconfig knows which; on Windows and macOS all that there are."""
    program = shutil.which("fc-list")
    if program is None:
        # But one that comes with matplotlib and has a box for every letter.
        yield from sorted(font.fname for font in fontManager.ttflist if not font.name.startswith(BOXES))
        return
    charset = " ".join(f"{ord(letter):x}" for letter in letters)
    for kind in (":style=Regular", ""):
        asked = [program, f":charset={charset}{kind}", "file"]
        try:
            answer = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            return
        yield from (line.rstrip(": ") for line in sorted(answer.splitlines()))
