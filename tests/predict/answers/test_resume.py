"""A table that was broken off is gone on with, and no other file is touched."""

import pytest

from tests.factories import fault_of
from vitrine.predict.answers.resume import Done, read_done

COLUMNS = ("file", "problem", "decision", "label_1", "probability_1")
HEADER = ",".join(COLUMNS) + "\r\n"
ROWS = "a.jpg,,pug,pug,0.900000\r\n'=b.jpg,the file is empty,,,\r\n"


@pytest.fixture
def table(tmp_path):
    return tmp_path / "answers.csv"


def write(table, text):
    table.write_bytes(text.encode())
    return table


def test_files_with_a_row_are_done_and_half_a_row_is_cut_off(table):
    done = read_done(write(table, HEADER + ROWS + "c.jpg,,pu"), COLUMNS, raw=False)
    assert set(done.files) == {"a.jpg", "=b.jpg"}
    assert done.count(["a.jpg", "=b.jpg", "c.jpg"]) == (2, 1)
    assert done.least_sure == [(0.9, "pug", "a.jpg")]
    assert done.count(["c.jpg"]) == (0, 0)  # rows of files that are gone are not counted
    assert table.read_bytes().decode() == HEADER + ROWS


def test_names_of_a_raw_table_are_taken_as_they_are(table):
    assert "'=b.jpg" in read_done(write(table, HEADER + ROWS), COLUMNS, raw=True).files


@pytest.mark.parametrize("end", range(0, len(HEADER) + 1, 7))
def test_a_table_without_rows_is_begun_anew(table, end):
    assert read_done(table, COLUMNS, raw=False) == Done()
    assert read_done(write(table, HEADER[:end]), COLUMNS, raw=False) == Done()


@pytest.mark.parametrize(
    "text", ["file,problem,decision\r\n" + ROWS, "my notes\n", "x" * 100, HEADER.replace("\r", "")]
)
def test_another_file_is_refused_and_stays_as_it_is(table, text):
    assert "give the model and the --top-k that it was begun with, or another --output" in fault_of(
        read_done, write(table, text), COLUMNS, False
    )
    assert table.read_bytes().decode() == text


@pytest.mark.parametrize("row", [b"\xff,,a,a,1", b"a.jpg", b"a.jpg,,pug,pug,much"])
def test_a_damaged_table_is_named(table, row):
    table.write_bytes(HEADER.encode() + row + b"\r\n")
    assert "damaged" in fault_of(read_done, table, COLUMNS, False)
