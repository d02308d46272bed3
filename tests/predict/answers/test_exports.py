"""A table of answers as CSV and as Parquet."""

import csv
import io

import pyarrow.parquet as pq

from tests.predict.answers.rows import answered, unreadable
from vitrine.predict.answers import exports
from vitrine.predict.answers.exports import write_csv, write_parquet

ROWS = (answered("=1+1.jpg", "@pug"), unreadable("é.jpg"))


def test_csv_guards_names_that_a_spreadsheet_would_compute():
    stream = io.StringIO()
    write_csv(ROWS, 1, stream)
    first, second = csv.DictReader(io.StringIO(stream.getvalue()))
    assert (first["file"], first["label_1"]) == ("'=1+1.jpg", "'@pug")
    assert second == {
        "file": "é.jpg", "problem": "the file is empty", "decision": "", "label_1": "", "probability_1": "",
    }  # fmt: skip


def test_parquet_holds_names_as_they_are_and_probabilities_as_numbers(tmp_path):
    write_parquet(ROWS, 1, tmp_path / "answers.parquet")
    first, second = pq.read_table(tmp_path / "answers.parquet").to_pylist()
    assert (first["file"], first["label_1"], first["probability_1"]) == ("=1+1.jpg", "@pug", 0.9)
    assert (second["probability_1"], second["problem"]) == (None, "the file is empty")


def test_parquet_of_many_rows_is_written_a_few_at_a_time_and_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3)
    write_parquet((answered(str(number)) for number in range(8)), 1, tmp_path / "answers.parquet")
    found = pq.ParquetFile(tmp_path / "answers.parquet")
    assert found.num_row_groups == 3
    assert found.read().column("file").to_pylist() == [str(number) for number in range(8)]


def test_a_table_without_rows_has_its_columns(tmp_path):
    write_parquet((), 2, tmp_path / "answers.parquet")
    assert pq.read_table(tmp_path / "answers.parquet").column_names[-1] == "probability_2"
