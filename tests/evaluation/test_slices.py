import numpy as np
import pandas as pd
import pytest

from vitrine.evaluation.slices import cut_slices, find_weak_slices
from vitrine.records.mistakes import Slice


def attributes_of(number=100, **columns):
    generator = np.random.default_rng(0)
    values = {
        "brightness": generator.permutation(number) + 50.0, "contrast": 40.0, "side": 200.0, "elongation": 1.0,
        "is_grey": False, "sharpness": 1.0,
    }  # fmt: skip
    return pd.DataFrame(values | columns)


def by_name(slices):
    return {one.name: one for one in slices}


def test_a_slice_that_fails_is_shown_weaker_and_stands_first():
    attributes = attributes_of()
    correct = (attributes["brightness"] >= 65).to_numpy() | (np.arange(100) % 2 == 0)
    slices = find_weak_slices(attributes, correct)
    dark = slices[0]
    assert (dark.name, dark.pictures, dark.limit, dark.rest_pictures) == ("dark", 20, 69, 80)
    assert dark.is_weaker
    assert dark.p_value < 0.01
    assert dark.difference == pytest.approx(dark.accuracy - dark.rest_accuracy)
    assert not by_name(slices)["bright"].is_weaker
    assert all(Slice.model_validate(one.model_dump(mode="json")) == one for one in slices)


def test_slices_without_pictures_have_no_figures_and_come_last():
    slices = find_weak_slices(attributes_of(), np.ones(100, bool))
    gray = by_name(slices)["grey"]
    assert (gray.pictures, gray.accuracy, gray.interval, gray.p_value, gray.is_weaker) == (0, None, None, None, False)
    assert by_name(slices)["small"].pictures == 0  # all are of one size
    assert [one.pictures > 0 for one in slices] == sorted((one.pictures > 0 for one in slices), reverse=True)


def test_many_equal_values_leave_only_what_lies_beyond_them():
    sides = np.array([200.0] * 90 + [50.0] * 10)
    mark, limit = cut_slices(attributes_of(side=sides))["small"]
    assert (mark.sum(), limit) == (10, 50)
    mark, _ = cut_slices(attributes_of(elongation=np.array([1.0] * 95 + [3.0] * 5)))["elongated"]
    assert mark.tolist() == [False] * 95 + [True] * 5


@pytest.mark.parametrize("number", [1, 3])
def test_few_pictures_are_no_fault(number):
    for correct in (np.zeros(number, bool), np.ones(number, bool)):
        assert not any(one.is_weaker for one in find_weak_slices(attributes_of(number), correct))


def test_all_pictures_of_one_kind_have_no_others_to_be_compared_with():
    gray = by_name(find_weak_slices(attributes_of(is_grey=True), np.ones(100, bool)))["grey"]
    assert (gray.pictures, gray.accuracy, gray.rest_accuracy, gray.p_value) == (100, 1, None, None)


def test_false_alarms_stay_at_the_level():
    generator = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        values = {name: generator.random(150) for name in ("brightness", "contrast", "side", "elongation", "sharpness")}
        slices = find_weak_slices(pd.DataFrame(values | {"is_grey": generator.random(150) < 0.2}),
                                  generator.random(150) < 0.8)  # fmt: skip
        alarms += any(one.is_weaker for one in slices)
    assert alarms <= 8
