"""Settings that do not make another training: they are parameters, and none of those that change its figures."""

import pytest

from vitrine.config.identity import FREE_FOR_CHECKPOINTS, FREE_FOR_FINISHED_RUNS, FREE_FOR_TRIALS
from vitrine.config.loading import parameter_names
from vitrine.config.recipe import Recipe

NUMBERS = ("data.image_size", "model.backbone", "augmentation.policy", "optim.learning_rate", "engine.seed")


@pytest.mark.parametrize("free", [FREE_FOR_CHECKPOINTS, FREE_FOR_FINISHED_RUNS, FREE_FOR_TRIALS])
def test_free_settings_are_parameters_of_a_recipe_and_leave_the_numbers_of_a_training_alone(free):
    assert free <= set(parameter_names(Recipe))
    assert not free & set(NUMBERS)


def test_a_finished_run_is_another_one_where_its_time_or_its_top_answers_were_others():
    assert {"engine.budget_minutes", "report.top_k"} == FREE_FOR_CHECKPOINTS - FREE_FOR_FINISHED_RUNS
    assert FREE_FOR_FINISHED_RUNS < FREE_FOR_CHECKPOINTS


def test_trials_alone_may_have_other_epochs():
    assert {"optim.epochs"} == FREE_FOR_TRIALS - FREE_FOR_CHECKPOINTS
