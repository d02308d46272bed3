"""Units of work shared out among slots, each of which does one unit after the other until it is done."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from math import inf
from threading import Event
from time import monotonic

from vitrine.errors import UserError
from vitrine.work.unit import TOO_LITTLE_MEMORY, AnyWork, StuckError, Work

MOST_IDLE = 3  # deaths of processes in a row, none of which had begun its unit
MOST_STUCK = 3  # units in a row over which processes keep dying: it is not theirs
SECONDS_BETWEEN_COUNTS = 5.0  # of slots, where no unit ends meanwhile
Attempt = Callable[[Work], bool]


def do_all(works: Sequence[AnyWork], count_slots: Callable[[], int], attempt: Attempt) -> Iterator[AnyWork]:
    """Yields each unit when it is done, in any order.

    Args:
        works: the units.
        count_slots: how many may be under way at once; asked again and again, since workers come and go.
        attempt: does a unit somewhere else, is called by several threads, and says whether it is done: false where the
            process died. An error of the unit itself it raises, which ends all.

    Raises:
        StuckError: processes kept dying over a unit; the others are done.
    """
    left, stuck, done = iter(works), _Stuck(), list[AnyWork]()
    under_way: dict[Future[None], AnyWork] = {}
    threads, stop = ThreadPoolExecutor(max(1, len(works))), Event()
    slots, counted = 0, -inf
    try:
        while True:
            if monotonic() - counted >= SECONDS_BETWEEN_COUNTS:
                slots, counted = count_slots(), monotonic()
            while len(under_way) < slots and (work := next(left, None)) is not None:
                under_way[threads.submit(_finish, work, attempt, stop)] = work
            yield from done  # while the next ones are under way
            if not under_way:
                break
            ended = wait(under_way, SECONDS_BETWEEN_COUNTS, FIRST_COMPLETED).done
            done = [work for future, work in [(one, under_way.pop(one)) for one in ended] if not stuck.holds(future)]
    finally:
        stop.set()
        threads.shutdown(wait=False, cancel_futures=True)
    stuck.tell()


class _Stuck:
    """Units over which processes keep dying: they are told of at the end, unless all are such."""

    def __init__(self) -> None:
        self._errors: list[StuckError] = []
        self._in_a_row = 0

    def holds(self, ended: "Future[None]") -> bool:
        """Whether a unit is one of these, and not done. Raises what else went wrong, and the third in a row."""
        error = ended.exception()
        if error is None:
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        if not isinstance(error, StuckError) or self._in_a_row == MOST_STUCK:
            raise error
        self._errors.append(error)
        return True

    def tell(self) -> None:
        if self._errors:
            first, *others = self._errors
            more = f" So it was with {len(others)} more." if others else ""
            raise StuckError(f"{first}.{more} All others are done; the same command does what is missing") from first


def _finish(work: Work, attempt: Attempt, stop: Event) -> None:
    """Attempts a unit until it is done or all is over; each death teaches it what to leave out."""
    idle = 0
    while not (stop.is_set() or work.is_done() or attempt(work) or stop.is_set()):
        blamed = work.blame()
        idle = idle + 1 if blamed is work else 0
        if idle == MOST_IDLE:
            raise UserError(f"{MOST_IDLE} processes ended before they began their work; {TOO_LITTLE_MEMORY}")
        work = blamed
