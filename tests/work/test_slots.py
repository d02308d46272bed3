import threading
import time
from itertools import chain, repeat

import pytest

from vitrine.errors import UserError
from vitrine.work.slots import do_all
from vitrine.work.unit import StuckError


class Errand:
    """A unit that is done when its name is crossed out."""

    def __init__(self, name, list_of_all):
        self.name, self.left = name, list_of_all
        list_of_all.add(name)

    def is_done(self):
        return self.name not in self.left

    def do(self):
        self.left.discard(self.name)

    def blame(self):
        return self


def errands(count):
    left = set()
    return [Errand(number, left) for number in range(count)]


def attempt(work):
    work.do()
    return True


def test_each_unit_is_yielded_once():
    works = errands(9)
    assert sorted(work.name for work in do_all(works, lambda: 2, attempt)) == list(range(9))


class Watched:
    """An attempt that notes how many there are at once."""

    def __init__(self):
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, work):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.01)
        work.do()
        with self.lock:
            self.at_once -= 1
        return True


def test_no_more_than_the_slots_are_under_way():
    watched = Watched()
    list(do_all(errands(8), lambda: 3, watched))
    assert watched.most == 3


def test_workers_that_come_later_get_their_share(monkeypatch):
    monkeypatch.setattr("vitrine.work.slots.SECONDS_BETWEEN_COUNTS", 0.005)
    watched, counts = Watched(), chain([1, 1], repeat(4))
    list(do_all(errands(20), lambda: next(counts), watched))
    assert watched.most == 4


class Mined(Errand):
    """A unit that ends every process, for no reason that is known."""

    def blame(self):
        raise StuckError(f"shard {self.name}")


def fail_mined(work):
    return not isinstance(work, Mined) and attempt(work)


def test_a_unit_that_nobody_can_do_is_named_when_the_others_are_done():
    left = set()
    works = [(Mined if number in (1, 5) else Errand)(number, left) for number in range(9)]
    with pytest.raises(
        StuckError, match=r"^shard 1\. So it was with 1 more\. All others are done; the same command does"
    ):
        list(do_all(works, lambda: 1, fail_mined))
    assert left == {1, 5}


def test_where_no_unit_can_be_done_the_job_ends_at_once():
    left, tries = set(), []
    works = [Mined(number, left) for number in range(9)]
    with pytest.raises(StuckError, match=r"^shard 2$"):
        list(do_all(works, lambda: 1, lambda work: bool(tries.append(work))))
    assert len(tries) < 9


def test_processes_that_die_before_they_begin_end_the_job_in_words():
    tries = []
    with pytest.raises(UserError, match="ended before they began"):
        list(do_all(errands(1), lambda: 1, lambda work: bool(tries.append(work))))
    assert len(tries) == 3


def test_after_an_error_nothing_new_is_begun():
    begun = []

    def fail(work):
        begun.append(work.name)
        if work.name == 1:
            raise OSError("the disk is full")
        return attempt(work)

    with pytest.raises(OSError, match="full"):
        list(do_all(errands(50), lambda: 1, fail))
    assert len(begun) < 10


def test_a_reader_who_stops_ends_what_would_be_tried_again():
    tries = []

    def die(work):
        tries.append(work)
        if work.name == 0:
            return attempt(work)
        time.sleep(0.01)
        return False

    run = do_all(errands(3), lambda: 2, die)
    next(run)
    run.close()
    time.sleep(0.1)
    assert len(tries) <= 5
