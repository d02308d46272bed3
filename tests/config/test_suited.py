"""Epochs, learning rate and patience follow what is trained, unless somebody gives them."""

import logging
from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe
from vitrine.experiments.search.space import change_recipe

CONFIGS = Path(__file__).parents[2] / "configs"
HEAD, FINE, SCRATCH = (100, 1e-3, 10), (3, 1e-4, None), (10, 1e-3, None)


def follows(recipe):
    return recipe.optim.epochs, recipe.optim.learning_rate, recipe.early_stopping.patience


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], SCRATCH),
        (["model.backbone=resnet18"], FINE),
        (["model.backbone=resnet18", "model.trainable_part=last"], FINE),
        (["model.backbone=resnet18", "model.trainable_part=head"], HEAD),
        (["model.backbone=resnet18", "model.pretrained=no"], SCRATCH),
        (["model.backbone=resnet18", "model.pretrained=Off"], SCRATCH),
        (["model.backbone=resnet18", "optim.epochs=7"], (7, 1e-4, None)),
        (["model.backbone=resnet18", "model.trainable_part=head", "early_stopping.patience=null"], (100, 1e-3, None)),
    ],
)
def test_what_nobody_gives_suits_what_is_trained(overrides, expected):
    assert follows(load_recipe(None, overrides)) == expected


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("s2_dogs5", [], FINE),
        ("s2_dogs5", ["model.trainable_part=head"], HEAD),
        ("head_only", [], HEAD),
        ("head_only", ["model.trainable_part=all"], FINE),
        ("s4_cartoons", [], (20, 3e-4, None)),
        ("s4_cartoons", ["model.trainable_part=head"], HEAD),
        ("s4_cartoons", ["model.trainable_part=head", "optim.epochs=30"], (30, 1e-3, 10)),
        ("s4_cartoons", ["model.backbone=mobilenet_v2"], (20, 3e-4, None)),
        ("digits", ["model.backbone=resnet18"], FINE),
    ],
)
def test_a_recipe_that_is_turned_into_another_kind_of_training_gets_its_values(name, overrides, expected):
    assert follows(load_recipe(CONFIGS / f"{name}.yaml", overrides)) == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], (False, "trained")),
        (["model.backbone=resnet18"], (True, "frozen")),
        (["model.backbone=resnet18", "model.head_first=no"], (False, "frozen")),
        (["model.backbone=resnet18", "model.trainable_part=head"], (False, "trained")),
        (["model.backbone=resnet18", "model.pretrained=no"], (False, "trained")),
    ],
)
def test_a_pretrained_network_gets_its_head_first_and_keeps_its_statistics(overrides, expected):
    recipe = load_recipe(None, overrides)
    assert (recipe.model.head_first, recipe.model.batch_norm) == expected


def test_what_is_taken_in_place_of_a_recipe_s_own_values_is_said_in_one_line(caplog):
    with caplog.at_level(logging.WARNING):
        load_recipe(CONFIGS / "s4_cartoons.yaml", ["model.trainable_part=head", "optim.epochs=30"])
        load_recipe(CONFIGS / "s4_cartoons.yaml", ["model.backbone=mobilenet_v2"])
        load_recipe(CONFIGS / "head_only.yaml")
    (said,) = caplog.messages
    assert "s4_cartoons.yaml says optim.learning_rate=0.0003 for training a pretrained network" in said
    assert "the head of a frozen network is trained with optim.learning_rate=0.001, early_stopping.patience=10" in said


def test_a_stored_recipe_is_read_as_it_was_written(tmp_path):
    from vitrine.config.loading import dump_recipe

    recipe = load_recipe(CONFIGS / "s2_dogs5.yaml", ["model.trainable_part=head", "optim.epochs=5"])
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe), encoding="utf-8")
    assert load_recipe(tmp_path / "recipe.yaml") == recipe


def test_a_searched_part_of_the_network_brings_its_values_unless_they_are_searched_too():
    base = load_recipe(CONFIGS / "s2_dogs5.yaml")
    assert follows(change_recipe(base, {"model.trainable_part": "head"})) == HEAD
    changed = change_recipe(base, {"model.trainable_part": "head", "optim.epochs": 4, "optim.learning_rate": 0.01})
    assert follows(changed) == (4, 0.01, 10)
    assert follows(change_recipe(base, {"model.trainable_part": "last"})) == FINE
