"""Texts in a column."""

import pytest

from vitrine.records import text_column
from vitrine.records.text_column import TextColumn

TEXTS = ["b", "", "é", "b", "c"]


@pytest.mark.parametrize("at_once", [2, 5, 9])
def test_a_column_has_the_texts_of_its_list(monkeypatch, at_once):
    monkeypatch.setattr(text_column, "AT_ONCE", at_once)
    column = TextColumn(iter(TEXTS))
    assert list(column) == TEXTS
    assert [column[row] for row in range(-5, 5)] == TEXTS * 2
    assert column[1:4] == TEXTS[1:4]
    assert column.column.to_pylist() == TEXTS
    with pytest.raises(IndexError):
        column[5]
    assert list(TextColumn([])) == []


def test_a_text_takes_little_more_than_its_letters():
    assert TextColumn(f"{number:012d}" for number in range(1000)).column.nbytes < 1000 * (12 + 5)
