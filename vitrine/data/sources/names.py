"""Names that are one to people and several to a computer: composed or decomposed letters, capitals."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import takewhile

# They take no room, and most fonts do not draw them.
INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
# Small letters of Cyrillic (eleven) and Greek (three) that look like Latin ones.
_LATIN_LOOKS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u03bf\u03b1\u03bd", "aeopcyxijsdoav"
)


def compose(name: str) -> str:
    """The name with every accent in its letter (NFC), as Windows and Linux type it; a Mac may store it otherwise."""
    return unicodedata.normalize("NFC", name)


class KnownNames:
    """Finds a name among those that are there: as it is written, or else as people would read it."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find(self, name: str) -> list[str]:
        """The very name, or else all with the same letters, or else all that differ in capitals alone; none or more."""
        if name in self._names:
            return [name]
        return self._by_letters.get(compose(name)) or self._by_small_letters.get(_small(name), [])

    def find_only(self, name: str) -> str | None:
        """The one name that is meant, or None where there is none or could be several."""
        found = self.find(name)
        return found[0] if len(found) == 1 else None

    @cached_property
    def _by_letters(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for name in sorted(self._names):
            found[compose(name)].append(name)
        return dict(found)

    @cached_property
    def _by_small_letters(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for name in sorted(self._names):
            found[_small(name)].append(name)
        return dict(found)


def suggest_columns(missing: Sequence[str], names: Sequence[str]) -> str:
    """Columns that a table lacks, each with the one of its own that may be meant: label (did you mean 'lable'?).

    Args:
        missing: what is looked for.
        names: of the table's columns.
    """
    by_small = {_small(str(name)): str(name) for name in names}
    told = []
    for name in missing:
        close = get_close_matches(_small(name), by_small, n=1)
        told.append(f"{name} (did you mean '{by_small[close[0]]}'?)" if close else name)
    return " and ".join(told)


def _small(name: str) -> str:
    return compose(compose(name).casefold())


def print_alike(names: Sequence[str]) -> bool:
    """Whether no reader could tell some names apart: the same but for how their letters are stored."""
    return len({_on_paper(name) for name in names}) < len(names)


def visible(name: str) -> str:
    """The name without characters that are not drawn."""
    return name.translate(INVISIBLE)


def _on_paper(name: str) -> str:
    blanks = " ".join(visible(compose(name)).split())
    return blanks.translate(_LATIN_LOOKS)


def look_key(name: str) -> str:
    """Equal for names that print alike, whatever their capitals."""
    return _on_paper(name.casefold())


def spell_differences(names: Sequence[str]) -> list[str]:
    """Each name in quotation marks with the characters in which it differs from the others: 'Käse' [U+00E4].

    Args:
        names: two or more that print alike.
    """
    start = _common(names)
    end = _common([name[start:][::-1] for name in names])
    return [f"'{name}' [{_code_points(name[start : len(name) - end])}]" for name in names]


def _common(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False)))


def _code_points(text: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in text) or "nothing"
