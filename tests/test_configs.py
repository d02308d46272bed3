"""The recipes that come with the project."""

from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe

RECIPES = sorted(Path(__file__).parents[1].glob("configs/*.yaml"))


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
