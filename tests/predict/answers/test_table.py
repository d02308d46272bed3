"""Answers on disk: in order, by page, the doubtful ones first."""

import sqlite3
import threading

import pytest

from tests.predict.answers.rows import answered, none, unreadable, unsure
from vitrine.predict.answers.table import AnswerTable

ROWS = (answered("1", confidence=0.99), unreadable("2"), unsure("3", 0.6), none("4"), unsure("5", 0.4), answered("6"))


@pytest.fixture
def table(tmp_path):
    table = AnswerTable(tmp_path / "answers.sqlite")
    table.add(ROWS[:4])
    table.add(ROWS[4:])
    return table


def files(rows):
    return "".join(row.file for row in rows)


def test_rows_are_read_back_whole_and_in_order(table):
    assert tuple(table) == ROWS


def test_what_the_model_is_unsure_about_comes_first_and_its_least_sure_answer_before_the_others(table):
    assert files(table.page("doubtful", None, 0, 50)) == "534612"


def test_pages_follow_each_other_without_gap_or_overlap(table):
    pages = [files(table.page("given", None, number, 4)) for number in range(3)]
    assert pages == ["1234", "56", ""]


def test_a_page_of_one_kind_holds_no_other(table):
    assert files(table.page("given", "unsure", 0, 50)) == "35"
    assert files(table.page("given", "unsure", 1, 1)) == "5"


def test_every_kind_is_counted_also_one_without_rows(tmp_path, table):
    assert table.count() == {"unsure": 2, "none": 1, "answered": 2, "unreadable": 1}
    assert set(AnswerTable(tmp_path / "empty.sqlite").count().values()) == {0}


def test_rows_of_which_one_is_wrong_are_not_added_by_half(table):
    with pytest.raises(sqlite3.IntegrityError):
        table.add([answered("7"), answered(None)])
    assert files(table) == "123456"


def test_another_thread_may_read_while_rows_are_added(table):
    seen = []
    rows = iter(table)
    next(rows)
    thread = threading.Thread(target=lambda: (table.add([none("7")]), seen.append(sum(table.count().values()))))
    thread.start()
    thread.join()
    assert seen == [7]
