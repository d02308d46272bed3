"""What a parameter may be, and how its values come into a recipe."""

import random

import pytest

from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.experiments.search.space import (
    SearchedParameter,
    change_recipe,
    find_dead_values,
    find_fault,
    read_value,
    write_value,
)


def test_a_changed_recipe_is_checked_as_a_whole():
    recipe = load_recipe(None)
    changed = change_recipe(recipe, {"model.small_cnn.filters": [8, 16], "optim.name": "sgd"})
    assert (changed.model.small_cnn.filters, changed.optim.name) == ((8, 16), "sgd")
    assert changed.data == recipe.data
    with pytest.raises(UserError, match="kernel_sizes needs one value"):
        change_recipe(recipe, {"model.small_cnn.kernel_sizes": [3, 5]})


def test_the_range_is_told_in_words():
    assert SearchedParameter("a", "float", 1e-4, 0.1, is_log=True).words == "0.0001 to 0.1, logarithmic"
    assert SearchedParameter("a", "int", 16, 64, step=16).words == "16 to 64, step 16"
    assert SearchedParameter("a", "int", 1, 8, step=1).words == "1 to 8"
    assert SearchedParameter("a", "choice", choices=([8], "adamw", True)).words == "[8] | adamw | true"


@pytest.mark.parametrize(
    ("value", "stored"),
    [(16, 16), (48, 48), (64, 64), (20, None), (80, None), (8, None), (True, None), ("16", None), (None, None)],
)
def test_a_value_off_the_steps_or_outside_the_range_is_not_stored(value, stored):
    assert SearchedParameter("optim.batch_size", "int", 16, 64, step=16).store(value) == stored


def test_draws_stay_in_the_range_and_reach_both_ends():
    generator = random.Random(0)  # noqa: S311 (no secret)
    stepped = SearchedParameter("a", "float", 0.1, 0.5, step=0.2)
    assert {round(stepped.draw(generator), 9) for _ in range(50)} == {0.1, 0.3, 0.5}
    whole = [SearchedParameter("a", "int", 1, 3).draw(generator) for _ in range(50)]
    assert set(whole) == {1, 2, 3}
    logarithmic = [SearchedParameter("a", "float", 1e-4, 1.0, is_log=True).draw(generator) for _ in range(200)]
    assert 60 < sum(value < 1e-2 for value in logarithmic) < 140  # half of them
    assert {SearchedParameter("a", "choice", choices=(1, 2)).draw(generator) for _ in range(50)} == {1, 2}


def test_values_are_read_and_written_as_a_recipe_has_them():
    recipe = load_recipe(None, ["model.small_cnn.filters=[8, 16]", "optim.name=sgd"])
    assert read_value(recipe, "model.small_cnn.filters") == [8, 16]
    assert [write_value(read_value(recipe, name)) for name in ("model.small_cnn.filters", "optim.name")] == [
        "[8, 16]",
        "sgd",
    ]


def test_the_fault_of_a_value_is_told_whatever_the_other_values_are():
    assert find_fault("optim.momentum", 0.5) is None
    assert find_fault("optim.momentum", 2) == "optim.momentum: must be less than 1 (got 2)"
    assert find_fault("optim.momentun", 0.5) == "optim.momentun: unknown name; did you mean optim.momentum?"


def test_a_value_that_fits_no_other_is_found_before_the_first_trial():
    space = [
        SearchedParameter("model.small_cnn.filters", "choice", choices=([8], [8, 16])),
        SearchedParameter("model.small_cnn.kernel_sizes", "choice", choices=([3], [3, 5], [3, 5, 7])),
    ]
    (fault,) = find_dead_values(load_recipe(None), space, epochs=2)
    assert fault.startswith("parameters.model.small_cnn.kernel_sizes: [3, 5, 7] fits none of the others: ")
