"""Which rows of the exported table data_prep.py applies; that it comes back exactly is in test_table.py."""

from tests.corrections.examples import judgment
from vitrine.corrections.export import TABLE_COLUMNS, table_rows
from vitrine.corrections.judgment import NONE
from vitrine.records.corrections import COLUMNS


def actions(*judgments):
    return [tuple(row[3:5]) for row in table_rows(judgments)]


def test_the_columns_of_a_correction_table_come_first():
    assert TABLE_COLUMNS[: len(COLUMNS)] == COLUMNS
    assert len(set(TABLE_COLUMNS)) == len(TABLE_COLUMNS)


def test_a_label_that_a_picture_has_already_changes_nothing():
    assert actions(judgment(label="dog", file="a.png", label_name="dog")) == [("", "")]


def test_a_picture_of_no_data_set_gets_no_action():
    assert actions(judgment(label="cat"), judgment("b", kind=NONE)) == [("", ""), ("", "")]


def test_only_the_last_of_those_who_agree_has_the_action():
    first = judgment(label="cat", file="a.png", label_name="dog", time="2026-01-01T00:00:00+00:00")
    second = judgment(label="cat", reviewer="bob", file="a.png", label_name="dog", time="2026-01-02T00:00:00+00:00")
    assert actions(second, first) == [("relabel", "cat"), ("", "")]
