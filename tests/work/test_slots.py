import threading
import time

import pytest

from vitrine.errors import UserError
from vitrine.work.slots import do_all


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
    assert sorted(work.name for work in do_all(works, 2, attempt)) == list(range(9))


def test_no_more_than_the_slots_are_under_way():
    at_once, most, lock = [0], [0], threading.Lock()

    def slow(work):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        work.do()
        with lock:
            at_once[0] -= 1
        return True

    list(do_all(errands(8), 3, slow))
    assert most[0] == 3


def test_processes_that_die_before_they_begin_end_the_job_in_words():
    tries = []
    with pytest.raises(UserError, match="ended before they began"):
        list(do_all(errands(1), 1, lambda work: bool(tries.append(work))))
    assert len(tries) == 3


def test_after_an_error_nothing_new_is_begun():
    begun = []

    def fail(work):
        begun.append(work.name)
        if work.name == 1:
            raise OSError("the disk is full")
        return attempt(work)

    with pytest.raises(OSError, match="full"):
        list(do_all(errands(50), 1, fail))
    assert len(begun) < 10


def test_a_reader_who_stops_ends_what_would_be_tried_again():
    tries = []

    def die(work):
        tries.append(work)
        if work.name == 0:
            return attempt(work)
        time.sleep(0.01)
        return False

    run = do_all(errands(3), 2, die)
    next(run)
    run.close()
    time.sleep(0.1)
    assert len(tries) <= 5
