"""What the sections say about unequal classes, phases and schedules."""

import pytest

from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError


def test_nothing_of_it_is_on_by_default():
    recipe = Recipe()
    assert recipe.imbalance.method == "none"
    assert (recipe.optim.schedule, recipe.optim.layer_decay, recipe.optim.ema_decay) == ("cosine", 1.0, 0.0)
    assert (recipe.model.trainable_part, recipe.model.frozen_epochs, recipe.model.drop_path) == ("all", 0, None)


def test_off_is_a_method():
    assert load_recipe(None, ["imbalance.method=off"]).imbalance.method == "none"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.trainable_part=last"], r"trainable_part 'last' needs a pretrained backbone"),
        (["model.frozen_epochs=1"], r"frozen_epochs needs a pretrained backbone"),
        (
            ["model.backbone=a/b", "model.trainable_part=head", "model.frozen_epochs=1"],
            r"frozen_epochs means nothing where the head alone is trained",
        ),
        (
            ["model.backbone=a/b", "model.frozen_epochs=4", "optim.epochs=4"],
            r"model\.frozen_epochs must be less than optim\.epochs.*\(got 4 of 4\)",
        ),
        (
            ["optim.schedule=plateau", "optim.plateau_patience=5"],
            r"optim\.plateau_patience must be less than early_stopping\.patience.*\(got 5 and 5\)",
        ),
        (["optim.schedule=cosin"], r"did you mean cosine\?"),
        (["optim.layer_decay=0"], r"optim\.layer_decay: must be greater than 0"),
        (["optim.ema_decay=1"], r"optim\.ema_decay: must be less than 1"),
        (["imbalance.method=weights"], r"imbalance\.method: must be .*class_weights"),
    ],
)
def test_what_does_not_fit_together_is_named(overrides, message):
    with pytest.raises(UserError, match=message) as error:
        load_recipe(None, overrides)
    assert "\n  : " not in str(error.value)
