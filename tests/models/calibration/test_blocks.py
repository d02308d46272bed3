"""What is computed in blocks is what is computed at once."""

import numpy as np
import pytest

from vitrine.models.calibration import blocks
from vitrine.models.calibration.blocks import by_blocks


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 7])
def test_blocks_of_rows_give_what_all_rows_give_at_once(rows, monkeypatch):
    numbers, added = np.arange(rows * 3).reshape(rows, 3), np.arange(rows)
    seen = []

    def compute(first, second):
        seen.append(len(first))
        return first + second[:, np.newaxis]

    monkeypatch.setattr(blocks, "MOST_NUMBERS", 10)  # three rows
    result = by_blocks(compute, numbers, added)
    assert np.array_equal(result, numbers + added[:, np.newaxis])
    assert seen == {0: [0], 1: [1], 3: [3], 4: [3, 1], 7: [3, 3, 1]}[rows]


def test_a_result_has_the_shape_and_type_that_the_function_gives(monkeypatch):
    monkeypatch.setattr(blocks, "MOST_NUMBERS", 4)
    numbers = np.arange(12, dtype=np.float32).reshape(6, 2)
    assert by_blocks(lambda rows: rows.argmax(axis=1), numbers).tolist() == [1] * 6
    assert by_blocks(lambda rows: rows, numbers).dtype == np.float32
