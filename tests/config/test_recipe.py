"""A recipe as a whole: rules between sections, and what follows from several of them."""

from pathlib import Path

import pytest

from tests.config.faults import fault_of
from vitrine.config.recipe import Recipe


def test_nothing_about_classes_phases_and_schedules_is_on_by_default():
    recipe = Recipe()
    assert recipe.imbalance.method == "none"
    assert (recipe.optim.schedule, recipe.optim.layer_decay, recipe.optim.ema_decay) == ("cosine", 1.0, 0.0)
    assert (recipe.model.trainable_part, recipe.model.frozen_epochs, recipe.model.drop_path) == ("all", 0, None)


@pytest.mark.parametrize(
    ("schedule", "patience", "expected"),
    [("cosine", None, 30), ("one_cycle", None, 30), ("step", None, 30), ("plateau", None, 5), ("constant", None, 5),
     ("cosine", 4, 4), ("constant", 9, 9)],
)  # fmt: skip
def test_planned_schedules_run_to_their_end_unless_a_patience_is_set(schedule, patience, expected):
    recipe = Recipe.model_validate(
        {"optim": {"schedule": schedule, "epochs": 30}, "early_stopping": {"patience": patience}}
    )
    assert recipe.patience == expected


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["model.backbone=a/b", "model.frozen_epochs=4", "optim.epochs=4"],
            "model.frozen_epochs must be less than optim.epochs, so that epochs are left to train the rest "
            "(got 4 of 4)",
        ),
        (
            ["optim.schedule=plateau", "optim.plateau_patience=5"],
            "optim.plateau_patience must be less than early_stopping.patience, or the training stops before the rate "
            "falls (got 5 and 5)",
        ),
        (
            ["engine.reading=shards", "imbalance.method=balanced_sampler"],
            "engine.reading 'shards' takes the pictures as they lie in the files",
        ),
        (["engine.reading=shards", "data.folds=5"], "Take engine.reading=mixed"),
        (["engine.reading=streamed", "data.folds=5"], "engine.reading 'streamed' takes the pictures as they lie"),
        (
            ["model.small_cnn.head_pool=flatten", "augmentation.image_size=128"],
            "augmentation.image_size must be data.image_size where the head flattens its features, which makes it for "
            "one size (got 128 and 224)",
        ),
        (["model.backbone=a/b", "model.head=flatten", "augmentation.image_size=128"], "(got 128 and 224)"),
        (["model.backbone=a/b", "model.head=flatten", "augmentation.first_image_size=128"], "(got 128 and 224)"),
        (
            ["augmentation.image_size=128", "augmentation.first_image_size=160"],
            "augmentation.first_image_size must not be larger than the size of the last epoch (got 160 and 128)",
        ),
    ],
)
def test_sections_that_do_not_fit_together_are_named(overrides, message):
    said = fault_of(None, *overrides)
    assert message in said
    assert "\n  : " not in said, "a rule between sections has no place of its own"


@pytest.mark.parametrize(("side", "expected"), [(None, 64), (48, 48)])
def test_training_pictures_have_the_size_of_all_others_unless_the_augmentation_says_another(side, expected):
    recipe = Recipe.model_validate({"data": {"image_size": 64}, "augmentation": {"image_size": side}})
    assert (recipe.first_training_side, recipe.training_side) == (expected, expected)


def test_the_first_epoch_may_have_smaller_pictures():
    augmentation = {"image_size": 48, "first_image_size": 32}
    recipe = Recipe.model_validate({"data": {"image_size": 64}, "augmentation": augmentation})
    assert (recipe.first_training_side, recipe.training_side) == (32, 48)


def test_the_prepared_folder_is_named_after_the_recipe_unless_one_is_given(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert Recipe(name="birds").prepared_folder == Path("prepared/birds")
    elsewhere = Recipe.model_validate({"data": {"prepared": "~/birds"}})
    assert elsewhere.prepared_folder == Path("/somewhere/birds")


def test_a_prepared_data_set_may_be_named_by_a_file_address():
    assert Recipe.model_validate({"data": {"prepared": "file:///a/birds"}}).prepared_folder == Path("/a/birds")
