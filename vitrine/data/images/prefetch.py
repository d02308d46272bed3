"""One function over many pictures on all cores, in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Enough to keep the cores busy while the reader is slow, few enough for memory and for an interrupt to be obeyed.
AHEAD = 64
# A picture of 144 megapixels takes 2 GB while it is decoded and resized; more threads hardly gain anything.
MOST_THREADS = 8


def map_ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    ahead: int = AHEAD,
    threads: int | None = None,
    on_start: Callable[[], None] | None = None,
) -> Generator[Result, None, None]:
    """Yields the results in the order of the items, computing a few dozen ahead of the reader.

    Threads suffice: Pillow's decoders, torch and hashlib let go of the interpreter lock.

    Args:
        function: may be called by several threads at once; what it raises is raised in the place of its result.
        items: are taken as they are needed, by the reader's thread.
        ahead: results that are computed or wait, at most.
        threads: None: one for each core, at most 8.
        on_start: called once in each thread.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads or min(cpu_count() or 1, MOST_THREADS), initializer=on_start) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
