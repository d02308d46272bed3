import datasets
import pytest

from vitrine.data.prepared.columns import read_column

ROWS = datasets.Dataset.from_dict({"label": [3, 1, 2, 0], "file": ["d", "b", "c", "a"]})


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS.select([2, 0, 3]),
        ROWS.select([2, 0, 3]).select([1]),
        ROWS.select(range(1, 3)),
        ROWS.select([]),
        datasets.concatenate_datasets([ROWS.select([2, 0]), ROWS]),
    ],
)
def test_a_column_is_what_the_rows_say_one_by_one(rows):
    for name in ("label", "file"):
        assert read_column(rows, name).to_pylist() == [row[name] for row in rows]
