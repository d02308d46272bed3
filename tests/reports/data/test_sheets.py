import numpy as np
import pytest

from vitrine.reports.data.sheets import choose_rows


def test_pictures_are_spread_evenly_over_the_files_of_each_class():
    label_ids = np.array([0, 1] * 50 + [-1], np.int32)
    chosen = choose_rows(["cat", "dog"], label_ids)
    assert {label_id: len(rows) for label_id, rows in chosen.items()} == {0: 16, 1: 16}
    assert (chosen[0][0], chosen[0][-1], chosen[1][0], chosen[1][-1]) == (0, 98, 1, 99)
    assert all(label_ids[row] == label_id for label_id, rows in chosen.items() for row in rows)


def test_all_pictures_of_a_small_class_are_shown():
    assert choose_rows(["cat", "dog"], np.array([1, 0, 1], np.int32)) == {0: [1], 1: [0, 2]}


@pytest.mark.parametrize(("classes", "shown", "each"), [(40, 40, 16), (80, 80, 8), (320, 320, 2), (1_000, 320, 2)])
def test_many_classes_share_the_room_of_the_page(classes, shown, each):
    label_ids = np.repeat(np.arange(classes, dtype=np.int32), 20)
    chosen = choose_rows([f"class {number}" for number in range(classes)], label_ids)
    assert len(chosen) == shown
    assert {len(rows) for rows in chosen.values()} == {each}
    assert (min(chosen), max(chosen)) == (0, classes - 1)
