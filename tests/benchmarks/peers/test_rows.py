"""From what sides print to the table."""

import json

import pytest

from benchmarks.peers.measuring import Measured
from benchmarks.peers.rows import RESULT, Row, make_row, read_line, write_table
from vitrine.wilson import wilson

LINE = {
    "versions": {"fastai": "2.8"},
    "images_per_second": 12.34,
    "epochs": [[1010.0, 0.8], [1020.0, 0.96], [1030.0, 0.97]],
    "right": 19,
    "total": 20,
    "note": "",
}


def measured(output: str = "", errors: str = "", exit_code: int | None = 0) -> Measured:
    return Measured(1000.0, 44.4, 1234.5, exit_code, output, errors)


def row_of(side: Measured, stated: float = 0.95) -> Row:
    return make_row("fastai", side, read_line(side), stated)


def test_a_line_becomes_a_row_with_the_interval_of_the_accuracy():
    side = measured("Epoch 1\n" + RESULT + json.dumps(LINE) + "\nbye\n")
    low, high = wilson(0.95, 20)
    assert write_table([row_of(side)], 0.95).splitlines()[-1] == (
        f"| fastai | 12.3 | 20 | 44 | 1234 | 0.950 [{low:.3f}, {high:.3f}] | fastai 2.8 |"
    )


def test_an_accuracy_that_no_epoch_had_is_not_reached():
    side = measured(RESULT + json.dumps(LINE))
    assert row_of(side, 0.99).seconds_to_accuracy is None
    assert "| not reached |" in write_table([row_of(side, 0.99)], 0.99)


@pytest.mark.parametrize(
    ("side", "reason"),
    [
        (measured(errors="at 3\nValueError: a | b\nwarning\n", exit_code=1), "code 1: ValueError: a \\| b"),
        (measured("nothing to tell\n"), "code 0: it said nothing"),
        (measured(RESULT + json.dumps(LINE), exit_code=None), "stopped after 1 minutes"),
    ],
)  # fmt: skip
def test_a_side_that_fails_keeps_its_row_and_says_why(side: Measured, reason: str):
    table = write_table([row_of(side)], 0.95)
    last = table.splitlines()[-1]
    assert last.startswith("| fastai | - | - | - | - | - | ")
    assert reason in last
