"""How far a preparation has come: what it tells whoever watches."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")

BETWEEN_TELLINGS = 10_000  # of many small things


class Progress(Protocol):
    """Is told how far a kind of work has come."""

    def __call__(self, what: str, done: int, total: int, /, *, faults: int = 0) -> None:
        """Takes note.

        Args:
            what: kind of work: "listing", "fetching", "checking", "comparing", "resizing".
            done: pictures.
            total: of all; 0 where it cannot be known.
            faults: files so far that cannot be used.
        """


def no_progress(_what: str, _done: int, _total: int, /, *, faults: int = 0) -> None:
    """Passes over what it is told."""


def count_items(items: Iterable[Item], what: str, total: int, progress: Progress) -> Iterator[Item]:
    """Yields items by the million, and tells from time to time how many.

    Args:
        items: files, say.
        what: kind of work, as for `Progress`.
        total: of all; 0 where it cannot be known.
        progress: is told.
    """
    for number, item in enumerate(items, start=1):
        yield item
        if number % BETWEEN_TELLINGS == 0:
            progress(what, number, total)


def count_checked(progress: Progress, total: int) -> Callable[[int, int], None]:
    """A function that adds up files that were checked, and those of them that cannot be used.

    Args:
        progress: is told the sums.
        total: files.
    """
    done = faulty = 0

    def count(files: int, faults: int) -> None:
        nonlocal done, faulty
        done, faulty = done + files, faulty + faults
        progress("checking", done, total, faults=faulty)

    return count
