"""Where a list of files is divided, so that one more file changes its own shard and hardly another."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from vitrine.work.part import Named, digest_of

NamedItem = TypeVar("NamedItem", bound=Named)


def cut_runs(found: Sequence[NamedItem], size: int) -> Iterator[Sequence[NamedItem]]:
    """Divides a list into runs that begin where names say so; equal lists give equal runs on every machine.

    Args:
        found: in the order of the source.
        size: files of a run, on average; each has half as many at least and twice as many at most.
    """
    least, start = max(1, size // 2), 0
    for place, one in enumerate(found):
        length = place - start
        if length >= 2 * size or (length >= least and int(digest_of(one.file), 16) % least == 0):
            yield found[start:place]
            start = place
    if found:
        yield found[start:]
