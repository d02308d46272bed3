"""One function over many pictures on all cores, in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
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
        function: may be called by several threads at once; what it raises is raised in the place of its result, and
            ends the calls for later items, which nobody would get.
        items: are taken as they are needed, by the reader's thread.
        ahead: results that are computed or wait, at most.
        threads: None: one for each core, at most 8.
        on_start: called once in each thread.
    """
    waiting: deque[Future[Result]] = deque()
    failed: list[int] = []

    def call(number: int, item: Item) -> Result:
        if any(number > one for one in failed):  # a store that is lost takes a minute to say so, each time
            raise CancelledError
        try:
            return function(item)
        except BaseException:
            failed.append(number)
            raise

    with ThreadPoolExecutor(threads or min(cpu_count() or 1, MOST_THREADS), initializer=on_start) as pool:
        try:
            for number, item in enumerate(items):
                waiting.append(pool.submit(call, number, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
