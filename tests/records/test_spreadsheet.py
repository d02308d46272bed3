"""Names that a spreadsheet would take for a formula: shown as text there, read back exactly."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from vitrine.records.spreadsheet import (
    guard_cell,
    guard_row,
    read_guarded_csv,
    unguard_cell,
    write_guarded_csv,
)

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]  # noqa: RUF001


@pytest.mark.parametrize("name", FORMULAS)
def test_what_would_be_a_formula_gets_an_apostrophe(name):
    assert guard_cell(name) == f"'{name}"


@pytest.mark.parametrize("name", ["cat", "1+1", "a=b", "'tis", "", "0.5", "é"])
def test_any_other_name_stays_as_it_is(name):
    assert guard_cell(name) == unguard_cell(name) == name


@given(some.one_of(some.text(), some.text("'=+-@\ta", max_size=5)))
def test_every_text_is_read_back_exactly_and_none_is_written_as_a_formula(text):
    assert unguard_cell(guard_cell(text)) == text
    assert not guard_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_was_never_guarded_is_read_as_it_stands(name):
    assert unguard_cell(name) == name


def test_of_a_row_only_texts_are_guarded():
    assert guard_row({"name": "=1", "share": -0.5, "none": None}) == {"name": "'=1", "share": -0.5, "none": None}


@pytest.mark.parametrize("kind", [object, "string"])
def test_a_table_is_read_back_exactly(kind, tmp_path):
    names = ["=1+1", "'=1+1", "007", "NA", "-x.png"]
    table = pd.DataFrame({"file": pd.Series(names, dtype=kind), "score": [-1.5, 2.0, 0.0, 1.0, 3.0]})
    path = tmp_path / "table.csv"
    write_guarded_csv(path, table)
    assert path.read_text("utf-8").splitlines()[1:3] == ["'=1+1,-1.5", "''=1+1,2.0"]
    again = read_guarded_csv(path, ("file",))
    assert again["file"].tolist() == names
    assert again["score"].tolist() == table["score"].tolist()


def test_a_long_table_is_written_in_parts(monkeypatch, tmp_path):
    table = pd.DataFrame({"file": [f"={number}" for number in range(7)], "count": range(7)})
    write_guarded_csv(tmp_path / "whole.csv", table)
    monkeypatch.setattr("vitrine.records.spreadsheet.ROWS_AT_ONCE", 3)
    written = []
    monkeypatch.setattr("vitrine.records.spreadsheet.write_parts", lambda _, parts: written.extend(parts))
    write_guarded_csv(tmp_path / "parts.csv", table)
    assert len(written) == 3
    assert b"".join(written) == (tmp_path / "whole.csv").read_bytes()
    written.clear()
    write_guarded_csv(tmp_path / "empty.csv", table[:0])
    assert written == [b"file,count\n"]
