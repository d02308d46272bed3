"""The recipes that come with the project."""

import shlex
from pathlib import Path

import pytest

from vitrine.config.augmentation import AugmentationSection
from vitrine.config.loading import load_recipe, read_yaml
from vitrine.experiments.compare.file import load_comparison

CONFIGS = Path(__file__).parents[1] / "configs"
RECIPES = sorted(CONFIGS.glob("*.yaml"))
COMPARISONS = sorted(CONFIGS.glob("compare/*.yaml"))


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_loads_and_takes_its_name_from_its_file(path):
    assert load_recipe(path).name == path.stem


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_opens_with_its_purpose_and_the_commands_to_run_it(path):
    lines = path.read_text("utf-8").splitlines()
    header = lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    commands = [line.removeprefix("#").strip() for line in header if line.startswith("#   ")]
    assert len(header[0]) > 20
    assert not header[0].startswith("#   "), "the first line says what the recipe is for"
    for script in ("data_prep.py", "train.py"):
        assert any(command.startswith(f"python {script} configs/{path.name}") for command in commands)


@pytest.mark.parametrize("path", COMPARISONS, ids=lambda path: path.stem)
def test_the_commands_at_the_head_of_a_comparison_load_recipes(path):
    lines = [line.removeprefix("#").strip() for line in path.read_text("utf-8").splitlines() if line.startswith("#   ")]
    commands = [shlex.split(line, comments=True) for line in lines if " compare " in line]
    assert commands
    for *start, name, file in (command[:5] for command in commands):
        assert (start, name, file) == (["python", "-m", "vitrine"], "compare", f"configs/compare/{path.name}")
    for command in commands:
        assert load_comparison(path, [given for given in command[5:] if not given.startswith("--")]).variants


def test_what_stands_for_the_authors_of_s2_and_s1_is_as_they_had_it():
    theirs = {"rotation": 40, "shift": 0.2, "shear": 0.2, "zoom": 0.2}
    recipes = [load_recipe(CONFIGS / "custom_s2.yaml")]
    recipes += [one.recipe for one in load_comparison(CONFIGS / "compare/s2_transfer.yaml", []).variants]
    for recipe in recipes:
        assert recipe.augmentation == AugmentationSection(policy="none", horizontal_flip=True, **theirs)
    tuned = read_yaml(CONFIGS / "search/s1.yaml")["parameters"]["optim.name"]["choices"]
    assert tuned == ["adam", "sgd", "rmsprop"]


@pytest.mark.parametrize("name", ["custom_s1", "custom_s2", "custom_s3", "custom_s4"])
def test_the_networks_of_the_systems_are_trained_by_adam(name):
    assert load_recipe(CONFIGS / f"{name}.yaml").optim.name == "adam"
