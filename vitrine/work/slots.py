"""Units of work shared out among slots, each of which does one unit after the other until it is done."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event

from vitrine.errors import UserError
from vitrine.work.unit import TOO_LITTLE_MEMORY, AnyWork, Work

MOST_IDLE = 3  # deaths of processes in a row, none of which had begun its unit
Attempt = Callable[[Work], bool]


def do_all(works: Sequence[AnyWork], slots: int, attempt: Attempt) -> Iterator[AnyWork]:
    """Yields each unit when it is done, in any order.

    Args:
        works: the units.
        slots: how many are under way at once.
        attempt: does a unit somewhere else, is called by several threads, and says whether it is done: false where the
            process died. An error of the unit itself it raises, which ends all.
    """
    left = iter(works)
    under_way: dict[Future[None], AnyWork] = {}
    threads, stop = ThreadPoolExecutor(slots), Event()
    try:
        while True:
            while len(under_way) < 2 * slots and (work := next(left, None)) is not None:
                under_way[threads.submit(_finish, work, attempt, stop)] = work
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                future.result()
                yield under_way.pop(future)
    finally:
        stop.set()
        threads.shutdown(wait=False, cancel_futures=True)


def _finish(work: Work, attempt: Attempt, stop: Event) -> None:
    """Attempts a unit until it is done or all is over; each death teaches it what to leave out."""
    idle = 0
    while not (stop.is_set() or work.is_done() or attempt(work) or stop.is_set()):
        blamed = work.blame()
        idle = idle + 1 if blamed is work else 0
        if idle == MOST_IDLE:
            raise UserError(f"{MOST_IDLE} processes ended before they began their work; {TOO_LITTLE_MEMORY}")
        work = blamed
