"""Figures of the sub-groups that a column names."""

import numpy as np
import pytest

from vitrine.evaluation.subgroups import MOST_SUBGROUPS, measure_subgroups


def measure(names, label_ids, answers):
    return measure_subgroups(names, np.asarray(label_ids), np.asarray(answers))


def test_each_has_its_own_figures_and_the_weakest_comes_first():
    names = ["face"] * 40 + ["hard"] * 40 + [""] * 20
    label_ids = [0, 1] * 50
    answers = np.array(label_ids)
    answers[40:70] = 0  # fifteen pictures of class 1 that are hard get the wrong name
    found = {one.name: one for one in measure(names, label_ids, answers)}
    hard = found["hard"]
    assert next(iter(found)) == "hard"
    assert (hard.pictures, hard.right, hard.rest_pictures, hard.rest_accuracy) == (40, 25, 60, 1.0)
    assert hard.is_weaker
    assert hard.macro_f1 == pytest.approx((2 * 20 / (20 + 35) + 2 * 5 / (5 + 20)) / 2)
    assert not found["face"].is_weaker
    assert found[""].pictures == 20


def test_without_a_name_there_is_nothing_to_measure():
    assert measure(["", ""], [0, 1], [0, 1]) is None
    assert measure([], [], []) is None


def test_one_for_all_pictures_has_no_rest_to_stand_against():
    (only,) = measure(["face", "face"], [0, 1], [0, 0])
    assert (only.accuracy, only.rest_accuracy, only.p_value, only.is_weaker) == (0.5, None, None, False)


def test_of_too_many_names_the_largest_are_kept():
    names = [f"person {number}" for number in range(80)] + ["person 7"] * 5
    found = measure(names, [0] * len(names), [0] * len(names))
    assert len(found) == MOST_SUBGROUPS
    assert max(found, key=lambda one: one.pictures).name == "person 7"
