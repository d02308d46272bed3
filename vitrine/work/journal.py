"""What a unit of work has at hand, noted before each item: should it end the process, the next one knows which it was.

Such are damaged files that crash a decoder, and pictures that take more memory than there is.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

NO_ITEM = -1  # at hand is none of the items: a model is loaded, a network computes, the part is written
PLACE_BYTES = 8


class Journal:
    """Notes the place of one item after the other in a file, which is there only while the unit is under way.

    A note outlives the process that made it, not the machine: a machine that vanishes blames nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = self._path.open("wb", buffering=0)
        self.note(NO_ITEM)
        return self

    def note(self, place: int) -> None:
        """Notes what is at hand from now on."""
        self._file.seek(0)
        self._file.write(place.to_bytes(PLACE_BYTES, "little", signed=True))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def read_journal(path: Path) -> int | None:
    """The place that was at hand when its process died, or `NO_ITEM`; None where the unit was not begun."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return int.from_bytes(content, "little", signed=True) if len(content) == PLACE_BYTES else NO_ITEM


@dataclass(frozen=True)
class Deaths:
    """What was at hand when processes died over one unit.

    Attributes:
        places: of the items, in the order of the deaths.
    """

    places: tuple[int, ...] = ()

    def add(self, place: int) -> Self:
        """With one more."""
        return type(self)((*self.places, place))

    @property
    def culprits(self) -> frozenset[int]:
        """Places of the items that were at hand twice: the first death may be chance, as where memory ran short."""
        return frozenset(place for place, count in Counter(self.places).items() if count > 1 and place != NO_ITEM)

    @property
    def unexplained(self) -> int:
        """How often no item was at hand."""
        return self.places.count(NO_ITEM)
