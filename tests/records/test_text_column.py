"""Texts in a column."""

import numpy as np
import pytest

from vitrine.records import scratch, text_column
from vitrine.records.text_column import TextColumn

TEXTS = ["b", "", "é", "b", "c"]


@pytest.fixture(params=[10**9, 4], ids=["memory", "files"])
def most_in_memory(request, monkeypatch, tmp_path):
    """All in memory, or each part in a file of its own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for module in (text_column, scratch):
        monkeypatch.setattr(module, "MOST_IN_MEMORY", request.param)


@pytest.mark.parametrize("at_once", [2, 5, 9])
def test_a_column_has_the_texts_of_its_list(monkeypatch, most_in_memory, at_once):
    monkeypatch.setattr(text_column, "AT_ONCE", at_once)
    column = TextColumn(iter(TEXTS))
    assert list(column) == TEXTS
    assert [column[row] for row in range(-5, 5)] == TEXTS * 2
    assert column[1:4] == TEXTS[1:4]
    assert column.take(np.array([4, 0, 2])) == ["c", "b", "é"]
    assert column.column.to_pylist() == TEXTS
    with pytest.raises(IndexError):
        column[5]


def test_a_column_may_be_empty():
    column = TextColumn([])
    assert list(column) == list(column.sorted()) == column.column.to_pylist() == []


@pytest.mark.parametrize("at_once", [2, 9])
def test_texts_are_sorted_as_python_sorts_them(monkeypatch, most_in_memory, at_once):
    monkeypatch.setattr(text_column, "AT_ONCE", at_once)
    # A byte of a file's name that is no UTF-8 stands before what needs four bytes and behind most other letters.
    texts = ["\uff5e", "\udc80", "\U0001f436", "é", *TEXTS, "\ud7ff"]
    column = TextColumn(texts)
    assert list(column.sorted()) == sorted(texts)
    assert list(column) == texts
    assert column.order().tolist() == sorted(range(len(texts)), key=texts.__getitem__)


@pytest.mark.parametrize(
    ("texts", "is_ascending"), [("abc", True), ("abb", False), ("acb", False), ("", True), ("abca", False)]
)
def test_it_is_known_whether_each_text_stands_behind_the_one_before(monkeypatch, texts, is_ascending):
    monkeypatch.setattr(text_column, "AT_ONCE", 2)
    column = TextColumn(texts)
    assert column.is_ascending is is_ascending
    assert (column.sorted() is column) is is_ascending


def test_a_text_takes_little_more_than_its_letters():
    assert TextColumn(f"{number:012d}" for number in range(1000)).column.nbytes < 1000 * (12 + 5)


def test_many_texts_leave_no_memory_taken(monkeypatch, tmp_path):
    sizes, reserve = [], scratch.reserve_disk
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "reserve_disk", lambda file, size: sizes.append(size) or reserve(file, size))
    for module in (text_column, scratch):
        monkeypatch.setattr(module, "MOST_IN_MEMORY", 100_000)
    TextColumn(f"{number:012d}" for number in range(20_000))
    assert sizes == [10_000 * (12 + 4) + 4] * 2
    assert list(tmp_path.iterdir()) == []
