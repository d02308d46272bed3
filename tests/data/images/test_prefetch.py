"""Work on all cores, in order, and only a little ahead."""

import time

import pytest

from vitrine.data.images import prefetch as threads
from vitrine.data.images.prefetch import AHEAD, map_ahead


def test_results_come_in_the_order_of_the_items():
    def slow_for_some(number):
        time.sleep(0.002 * (number % 5))
        return number

    assert list(map_ahead(slow_for_some, range(100))) == list(range(100))
    assert list(map_ahead(str, [])) == []


def test_work_is_done_a_little_ahead_of_the_reader_only():
    done = []
    results = map_ahead(done.append, range(1000))
    next(results)
    time.sleep(0.1)
    assert len(done) <= AHEAD
    results.close()


def test_a_reader_that_stops_waits_only_for_what_is_under_way(monkeypatch):
    monkeypatch.setattr(threads, "cpu_count", lambda: 2)
    done = []

    def work(number):
        time.sleep(0.02)
        done.append(number)

    results = map_ahead(work, range(1000))
    next(results)
    results.close()
    assert len(done) < 10


def test_an_error_reaches_the_reader():
    with pytest.raises(ZeroDivisionError):
        list(map_ahead(lambda number: 1 / number, [2, 1, 0, 1]))


def test_nothing_that_comes_after_an_error_is_begun():
    begun = []

    def work(number):
        begun.append(number)
        if number == 2:
            raise OSError("lost")
        time.sleep(0.05)  # what comes before is under way

    with pytest.raises(OSError, match="lost"):
        list(map_ahead(work, range(50), threads=2))
    assert sorted(begun)[:3] == [0, 1, 2]
    assert len(begun) < 10
