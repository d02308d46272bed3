"""How long a training waits for a better epoch."""

import pytest

from vitrine.config.recipe import Recipe


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
