"""Where a list of files is divided, so that one more file changes its own shard and hardly another."""

from collections.abc import Iterable, Iterator

from vitrine.work.part import digest_of


def cut_runs(names: Iterable[str], size: int) -> Iterator[slice]:
    """Divides a list into runs that begin where names say so; equal lists give equal runs on every machine.

    Args:
        names: of the files, in the order of the source.
        size: files of a run, on average; each has half as many at least and twice as many at most.
    """
    least, start, place = max(1, size // 2), 0, -1
    for place, name in enumerate(names):
        length = place - start
        if length >= 2 * size or (length >= least and int(digest_of(name), 16) % least == 0):
            yield slice(start, place)
            start = place
    if place >= 0:
        yield slice(start, place + 1)
