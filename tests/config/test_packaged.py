"""The recipes that come with Vitrine, as a clone has them in configs/."""

from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe
from vitrine.config.packaged import copy_recipe, read_purpose, recipe_named, recipe_names, recipes_folder
from vitrine.errors import UserError
from vitrine.experiments.compare.file import load_comparison
from vitrine.experiments.search.file import load_search

ROOT = Path(__file__).parent.parent.parent
NAMES = recipe_names()


def test_every_file_of_configs_is_a_recipe_that_comes_with_vitrine():
    assert recipes_folder() == ROOT / "configs"
    assert {f"{name}.yaml" for name in NAMES} == {
        path.relative_to(ROOT / "configs").as_posix() for path in (ROOT / "configs").rglob("*.yaml")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_complete_and_can_be_used(name, tmp_path):
    written = copy_recipe(name, tmp_path)
    assert written[0] == tmp_path / f"{name}.yaml"
    assert set(tmp_path.rglob("*.yaml")) == set(written)
    load = {"compare": load_comparison, "search": load_search}.get(name.split("/")[0], load_recipe)
    load(written[0])


def test_the_purpose_is_the_first_sentence_of_the_comment():
    assert read_purpose("compare/augmentation") == "Does augmentation help?"
    assert read_purpose("smoke").startswith("The whole path in seconds, to see that an installation works; its")
    assert all(read_purpose(name).endswith((".", "?")) for name in NAMES)


@pytest.mark.parametrize("text", ["digits", "digits.yaml", "configs/digits.yaml", "./configs/digits.yaml"])
def test_a_recipe_is_known_by_its_name_and_by_the_path_that_examples_give(text):
    assert recipe_named(text) == "digits"


@pytest.mark.parametrize("text", ["digit", "mine/digits.yaml", "../configs/digits.yaml", "", "."])
def test_other_paths_are_not_taken_for_a_recipe_of_vitrine(text):
    assert recipe_named(text) is None


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "head_only.yaml").write_text("name: mine\n")
    assert copy_recipe("compare/heads", tmp_path) == [tmp_path / "compare/heads.yaml"]
    assert (tmp_path / "head_only.yaml").read_text() == "name: mine\n"
    with pytest.raises(UserError, match=r"head_only\.yaml is there already and is not overwritten; name another"):
        copy_recipe("head_only", tmp_path)


def test_a_missing_recipe_that_comes_with_vitrine_is_pointed_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="`python -m vitrine recipes digits` copies the one that comes with Vitrine"):
        load_recipe(Path("configs/digits.yaml"))
    with pytest.raises(UserError, match=r"has: none; `python -m vitrine recipes` lists those that come with Vitrine"):
        load_recipe(Path("mine.yaml"))
