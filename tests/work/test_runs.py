"""Where lists are divided."""

import pytest

from vitrine.work.runs import cut_runs


def cut(names, size):
    return [tuple(names[run]) for run in cut_runs(iter(names), size)]


@pytest.mark.parametrize("place", [0, 2500, 5000])
def test_one_more_file_changes_its_own_run_and_hardly_another(place):
    before = [f"pictures/{number:05}.jpg" for number in range(5000)]
    more = [*before[:place], "one more", *before[place:]]
    runs = cut(before, 100)
    assert [one for run in runs for one in run] == before
    assert all(50 <= len(run) <= 200 for run in runs[:-1])
    assert 40 <= len(runs) <= 60
    assert len(set(runs) & set(cut(more, 100))) >= len(runs) - 2


def test_of_nothing_there_is_no_run():
    assert cut([], 10) == []
