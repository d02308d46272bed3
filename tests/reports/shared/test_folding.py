"""Long tables are folded."""

import pytest

from vitrine.reports.shared.folding import MOST_OPEN, fold_rows


@pytest.mark.parametrize("total", [1, MOST_OPEN])
def test_a_short_table_is_open(total):
    rows = [{"row": number} for number in range(total)]
    folded = fold_rows(rows, rows[::-1])
    assert folded.open == rows
    assert folded.folded == []


@pytest.mark.parametrize("total", [MOST_OPEN + 1, 1000])
def test_of_a_long_table_both_reasons_have_twenty_rows_and_none_is_lost(total):
    rows = [{"row": number} for number in range(total)]
    folded = fold_rows(rows, [rows[5], rows[25], *(row for row in rows[::-1] if row["row"] not in (5, 25))])
    places = [row["row"] for row in folded.open]
    assert (folded.first, folded.second) == (20, 20)
    assert places[:20] == list(range(20))
    assert set(places[20:]) == {25, *[number for number in range(total)[::-1] if number != 25][:19]}
    assert sorted(places + [row["row"] for row in folded.folded]) == list(range(total))
    assert [row["row"] for row in folded.folded] == sorted(row["row"] for row in folded.folded)


def test_equal_rows_of_two_classes_are_both_kept():
    folded = fold_rows([{"recall": 0.5} for _ in range(50)], [])
    assert len(folded.open) + len(folded.folded) == 50
