"""Keyword arguments mean what the parameters of a recipe mean."""

from pathlib import Path

import numpy as np
import pytest

from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.workflows.parameters import SHORT_NAMES, build_recipe, check_at_least_one, short_name


def test_nothing_given_is_the_default_recipe():
    assert build_recipe(None, {"epochs": None, "backbone": None}) == Recipe()


def test_short_dotted_and_nested_names_say_the_same():
    ways = [{"epochs": 3}, {"optim.epochs": 3}, {"optim": {"epochs": 3}}]
    assert {build_recipe(None, way).optim.epochs for way in ways} == {3}


def test_short_names_are_parameters_of_a_recipe():
    for dotted in SHORT_NAMES.values():
        section, name = dotted.split(".")
        assert name in type(getattr(Recipe(), section)).model_fields


@pytest.mark.parametrize(
    ("given", "dotted", "value"),
    [
        ({"learning_rate": np.float64(3e-4)}, "optim.learning_rate", 3e-4),
        ({"seed": np.int64(7)}, "engine.seed", 7),
        ({"model": {"small_cnn": {"filters": (8, 16)}}}, "model.small_cnn.filters", (8, 16)),
        ({"data.source": Path("2024")}, "data.source", "2024"),
        ({"labels": {"rename": {"dog.s": "dog"}}}, "labels.rename", {"dog.s": "dog"}),
        ({"checks.near_duplicates": False}, "checks.near_duplicates", False),
        ({"engine.budget_minutes": None}, "engine.budget_minutes", None),
        ({"batch_size": "auto"}, "optim.batch_size", "auto"),
    ],
)
def test_values_of_python_arrive_as_they_are(given, dotted, value):
    found = build_recipe(None, given)
    for part in dotted.split("."):
        found = getattr(found, part)
    assert found == value


def test_what_is_no_value_of_a_recipe_is_refused_with_the_others():
    with pytest.raises(UserError) as caught:
        build_recipe(None, {"epochs": object(), "lr": 1, "learning_rate": float("nan")})
    message = str(caught.value)
    assert "optim.epochs: " in message
    assert "lr: unknown name; did you mean optim.learning_rate?" in message
    assert "optim.learning_rate: " in message


def test_defaults_hold_where_the_file_says_nothing(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text("data: {image_size: 64}\n")
    defaults = {"name": "dogs", "data": {"image_size": 32, "split_seed": 5}}
    recipe = build_recipe(file, {"epochs": 2}, defaults)
    assert (recipe.name, recipe.data.image_size, recipe.data.split_seed, recipe.optim.epochs) == ("r", 64, 5, 2)
    assert build_recipe(None, {}, defaults).data.image_size == 32
    assert defaults == {"name": "dogs", "data": {"image_size": 32, "split_seed": 5}}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("runs/dogs/2026-01-31_12-00-00/model", "2026-01-31_12-00-00"),
        ("microsoft/resnet-18", "resnet-18"),
        ("hub:owner/my pictures", "my_pictures"),
        ("pictures/été", "_t_"),
    ],
)
def test_a_short_name_is_the_last_part_as_a_folder_can_be_called(source, name):
    assert short_name(source) == name


def test_less_than_one_is_refused():
    with pytest.raises(UserError, match=r"^--pictures: must be at least 1 \(got 0\)$"):
        check_at_least_one("--pictures", 0)
