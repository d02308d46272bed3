"""What a unit of work and an engine are to each other.

A unit does nothing the second time, so that it may be done again by anybody whenever it is not known whether it was
done. What a unit gives lies on the disk; between processes only its description travels.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, Self, TypeVar

from vitrine.errors import UserError

TOO_LITTLE_MEMORY = "there may be too little memory: take fewer --workers, or a machine with more"


class StuckError(UserError):
    """Processes keep dying over one unit, and none of its items is to blame; the others may be done all the same."""


class Work(Protocol):
    """A unit of work; see `vitrine.work.part.Part`."""

    @property
    def title(self) -> str:
        """What people know it by."""

    def is_done(self) -> bool:
        """Whether it was done before."""

    def do(self) -> None:
        """Does it; whole or not at all."""

    def blame(self) -> Self:
        """The same unit after its process died: it leaves out what has ended two processes.

        Returns:
            Itself where the process died before it began.

        Raises:
            StuckError: its processes keep dying, and none of its items is to blame.
        """


AnyWork = TypeVar("AnyWork", bound=Work)


class Engine(Protocol):
    """Does units of work."""

    def share(self, works: Sequence[AnyWork]) -> Sequence[AnyWork]:
        """Those of them that are its own; others do the rest."""

    def run(self, works: Sequence[AnyWork]) -> Iterator[AnyWork]:
        """Does those of them that are its own and not done yet; yields each when it is done."""
