"""The result of a search: which trial was the best, and whether anything better was found."""

import pytest

from tests.records.examples import EXAMPLES, faults_of
from vitrine.records.search import SearchResult


@pytest.fixture(scope="module")
def result():
    return EXAMPLES[SearchResult]()


def with_trial(result, number, **changes):
    """The result with a trial that was otherwise."""
    trials = [trial.model_copy(update=changes) if trial.number == number else trial for trial in result.trials]
    return result.model_copy(update={"trials": tuple(trials)})


def test_the_search_of_an_earlier_build_is_read(result):
    assert [trial.number for trial in result.trials] == [1, 2, 3, 4]
    assert (result.wanted, result.best, result.best_trial.number, result.pictures[0]) == (4, 2, 2, 36)
    assert result.best_trial.values["optim.learning_rate"] == pytest.approx(0.009673, abs=1e-6)
    assert result.gain.seeds == (3, 3)


def test_the_recipe_before_is_a_trial_only_where_it_is_complete(result):
    assert result.default_trial.number == 1
    assert with_trial(result, 1, state="failed").default_trial is None
    assert with_trial(result, 1, is_default=False).default_trial is None


def test_nothing_is_found_where_every_parameter_stays_as_it_was(result):
    assert not result.found_nothing
    same = tuple(parameter.model_copy(update={"found": parameter.before}) for parameter in result.parameters)
    assert result.model_copy(update={"parameters": same}).found_nothing


def test_the_figure_of_a_trial_is_what_the_search_looked_for(result):
    trial = result.default_trial
    assert result.figure(trial) == trial.loss == pytest.approx(0.081277, abs=1e-6)
    by_accuracy = result.model_copy(update={"objective": "validation_accuracy"})
    assert by_accuracy.figure(trial) == trial.accuracy == 1.0


def test_a_state_an_objective_and_a_number_that_do_not_exist_are_refused(result):
    assert faults_of(result.trials[0], state="lost", number=0) == {
        "state": "literal_error",
        "number": "greater_than_equal",
    }
    assert faults_of(result, objective="beauty") == {"objective": "literal_error"}
