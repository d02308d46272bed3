"""Recipes and sections in the words of earlier builds."""

import logging

import pytest

from vitrine.config.aliases import complete_section, first_names, rename_recipe
from vitrine.config.augmentation import AugmentationSection
from vitrine.config.loading import dump_recipe, load_recipe
from vitrine.config.recipe import Recipe
from vitrine.data.augmentation.policies import Policy
from vitrine.errors import UserError

# What the named policies of earlier builds were, with the section's own horizontal_flip.
FORMER = {
    "s1": Policy(horizontal_flip=True, vertical_flip=True, crop_min=0.8, contrast=0.5),
    "s2": Policy(horizontal_flip=True, rotation=40, shift=0.2, shear=0.2, zoom=0.2),
    "s3": Policy(horizontal_flip=True),
    "s4": Policy(horizontal_flip=True, rotation=45, shift=0.5, zoom=0.2),
}


@pytest.mark.parametrize("name", FORMER)
def test_a_former_policy_is_read_as_its_steps_wherever_it_stands(tmp_path, name):
    path = tmp_path / "old.yaml"
    path.write_text(f"augmentation: {{policy: {name}, rotation: null}}\n", "utf-8")
    recipes = [
        load_recipe(path),
        load_recipe(None, [f"augmentation.policy={name}"]),
        Recipe.model_validate({"augmentation": {"policy": name}}),
    ]
    assert [Policy.from_section(recipe.augmentation) for recipe in recipes] == [FORMER[name]] * 3
    assert "policy: none" in dump_recipe(recipes[0])


def test_a_step_of_the_recipes_own_stands_before_that_of_its_former_policy():
    section = AugmentationSection.model_validate({"policy": "s2", "shear": 0.0, "horizontal_flip": False})
    assert Policy.from_section(section) == Policy(rotation=40, shift=0.2, zoom=0.2)


def test_an_override_replaces_a_former_policy_with_all_its_steps(tmp_path, caplog):
    path = tmp_path / "old.yaml"
    path.write_text("augmentation: {policy: s2}\n", "utf-8")
    assert load_recipe(path, ["augmentation.policy=light"]).augmentation == AugmentationSection(policy="light")
    assert not caplog.records


def test_one_line_says_how_a_former_policy_is_said_now(tmp_path, caplog):
    path = tmp_path / "old.yaml"
    path.write_text("augmentation: {policy: s4}\n", "utf-8")
    with caplog.at_level(logging.WARNING):
        load_recipe(path)
    assert [record.getMessage() for record in caplog.records] == [
        f"note: {path}: augmentation.policy=s4 is now said by its steps: "
        "policy=none, rotation=45.0, shift=0.5, zoom=0.2"
    ]


@pytest.mark.parametrize(
    ("old", "new", "section", "value"),
    [
        ("grey", "grayscale", "augmentation", 0.1),
        ("centre_share", "center_share", "preparation", 0.5),
        ("ground", "fill_color", "preparation", "black"),
        ("colour_profiles", "color_profiles", "preparation", "ignore"),
    ],
)
def test_a_former_name_is_read_as_todays_with_one_line_that_says_so(tmp_path, caplog, old, new, section, value):
    path = tmp_path / "old.yaml"
    path.write_text(f"{section}: {{{old}: {value}}}\n", "utf-8")
    recipe = load_recipe(path)
    assert getattr(getattr(recipe, section), new) == value
    assert [record.getMessage() for record in caplog.records] == [
        f"note: {path}: {section}.{old} is now called {section}.{new}"
    ]
    assert load_recipe(None, [f"{section}.{old}={value}"]) == recipe.model_copy(update={"name": load_recipe(None).name})


def test_a_parameter_under_both_of_its_names_is_refused(tmp_path):
    path = tmp_path / "old.yaml"
    path.write_text("augmentation: {grey: 0.1, grayscale: 0.2}\n", "utf-8")
    with pytest.raises(UserError, match="grey is the old name of grayscale, which is there too; keep one of them"):
        load_recipe(path)


def test_a_note_about_one_file_is_said_once_however_often_it_is_read(caplog):
    for _ in range(3):
        rename_recipe({"augmentation": {"grey": 0.1}}, "a.yaml")
    rename_recipe({"augmentation": {"grey": 0.1}}, "b.yaml")
    assert caplog.messages == [
        f"note: {name}: augmentation.grey is now called augmentation.grayscale" for name in ("a.yaml", "b.yaml")
    ]


def test_a_later_parameter_is_left_out_of_digests_where_it_says_what_was_done_before():
    names = {"preparation.color_profiles": "ignore", "preparation.resize": "squash", "data.encoding": None}
    assert first_names(names) == {"preparation.resize": "squash", "data.encoding": None}
    applied = names | {"preparation.color_profiles": "apply"}
    assert first_names(applied)["preparation.colour_profiles"] == "apply"
    assert complete_section("preparation", {}) == {"color_profiles": "ignore"}
    assert complete_section("preparation", {"color_profiles": "apply"}) == {"color_profiles": "apply"}
