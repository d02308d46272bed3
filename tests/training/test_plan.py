"""Recipe and data set, resolved once; nothing below looks at the recipe again."""

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest

from tests.factories import make_recipe, write_tiny_resnet
from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.training.plan import choose_monitor, plan_probe, plan_training


def test_every_part_of_a_plan_is_frozen(prepared):
    plan = plan_training(make_recipe(prepared), prepared)
    for field in fields(plan):
        part = getattr(plan, field.name)
        if is_dataclass(part):
            with pytest.raises(FrozenInstanceError):
                setattr(part, fields(part)[0].name, None)
    with pytest.raises(FrozenInstanceError):
        plan.name = "other"


def test_what_depends_on_other_parameters_is_resolved(prepared):
    plan = plan_training(
        make_recipe(prepared, "optim.epochs=4", "optim.batch_size=auto", "augmentation.image_size=24"), prepared
    )
    assert (plan.options.patience, plan.model.training_side, plan.model.image_size) == (4, 24, 32)
    assert (plan.finds_batch_size, plan.options.batch_size) == (True, 32)
    assert sum(plan.loss.class_counts) == len(prepared.splits["train"])
    assert not plan_training(make_recipe(prepared, "optim.batch_size=8"), prepared).finds_batch_size


def test_the_stored_recipe_is_the_resolved_one(prepared, tmp_path):
    recipe = make_recipe(prepared, "model.small_cnn.dropout=0.25")
    (tmp_path / "recipe.yaml").write_text(plan_training(recipe, prepared).recipe_text)
    assert load_recipe(tmp_path / "recipe.yaml") == recipe


def test_a_checkpoint_fits_trainings_that_differ_in_what_changes_no_number(prepared):
    plan, same, other = (
        plan_training(make_recipe(prepared, *overrides), prepared)
        for overrides in ([], ["engine.tracker=tensorboard", "report.top_k=2"], ["optim.learning_rate=0.5"])
    )
    assert plan.identity == same.identity != other.identity
    assert plan.identity["pictures for train"] == str(len(prepared.splits["train"]))
    changed = replace(prepared, facts=prepared.facts.model_copy(update={"version": "0" * 12}))
    assert plan_training(make_recipe(prepared), changed).identity != plan.identity


@pytest.mark.parametrize(
    ("overrides", "studies"), [([], True), (["report.study=off"], False), (["engine.budget_minutes=1"], False)]
)
def test_training_pictures_are_studied_where_the_recipe_has_time_for_it(prepared, tmp_path, overrides, studies):
    tiny = write_tiny_resnet(tmp_path / "tiny")
    plan = plan_training(make_recipe(prepared, f"model.backbone={tiny}", *overrides), prepared)
    assert (plan.study is not None) == studies


def test_a_network_from_scratch_can_probe_nothing(prepared):
    with pytest.raises(UserError, match=r"'small_cnn' starts from random weights.* name another"):
        plan_probe(make_recipe(prepared), None, "name another")
    with pytest.raises(UserError, match=r"model\.pretrained: false"):
        plan_probe(make_recipe(prepared, "model.backbone=resnet18", "model.pretrained=off"), None, "name another")
    assert plan_probe(make_recipe(prepared), "resnet18", "").backbone == "resnet18"


@pytest.mark.parametrize(
    ("part", "pictures", "monitor", "chosen"),
    [
        ("head", 49, "calibrated_loss", "last_epoch"),
        ("head", 50, "calibrated_loss", "calibrated_loss"),
        ("all", 4, "calibrated_loss", "calibrated_loss"),
        ("head", 4, "validation_loss", "validation_loss"),  # asked for
    ],
)
def test_a_handful_of_validation_pictures_does_not_choose_the_epoch_of_a_head(part, pictures, monitor, chosen):
    model = {"backbone": "a/b", "trainable_part": part}
    recipe = Recipe.model_validate({"model": model, "early_stopping": {"monitor": monitor}})
    assert choose_monitor(recipe, pictures) == chosen


@pytest.mark.parametrize(
    ("overrides", "is_on"),
    [
        (["augmentation.policy=none", "augmentation.horizontal_flip=off"], False),
        (["augmentation.policy=none", "augmentation.horizontal_flip=off", "augmentation.rotation=45"], True),
        (["augmentation.policy=none", "augmentation.horizontal_flip=off", "augmentation.mixup=0.2"], True),
        (["augmentation.policy=light", "augmentation.horizontal_flip=off"], True),
    ],
)
def test_a_single_step_is_augmentation(prepared, overrides, is_on):
    assert plan_training(make_recipe(prepared, *overrides), prepared).augmentation.is_on == is_on
