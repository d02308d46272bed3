"""Whoever watches a preparation is told sums."""

from vitrine.data.progress import count_checked, no_progress


def test_files_and_faults_are_added_up():
    told = []
    count = count_checked(lambda *words, faults: told.append((*words, faults)), 100)
    count(16, 0)
    count(20, 3)
    count(1, 1)
    assert told == [("checking", 16, 100, 0), ("checking", 36, 100, 3), ("checking", 37, 100, 4)]


def test_nobody_need_watch():
    count_checked(no_progress, 1)(1, 1)
