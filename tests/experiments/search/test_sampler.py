"""What is tried next and what is stopped early."""

from types import SimpleNamespace

import optuna
import pytest
from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner
from optuna.trial import TrialState

from tests.experiments.search_doubles import (
    FakeTraining,
    search_on,
    states_of,
    values_of,
    write_search,
)
from vitrine.experiments.search.results import find_best, record_trials
from vitrine.experiments.search.sampler import build_pruner, build_sampler, counted_trials, suggest_values
from vitrine.experiments.search.space import SearchedParameter


@pytest.mark.slow
def test_the_same_seed_gives_the_same_trials_and_another_one_others(monkeypatch, tmp_path):
    found = []
    for name, seed in (("first", 0), ("second", 0), ("third", 1)):
        (tmp_path / name).mkdir()
        search = write_search(tmp_path / name, f"sampler_seed: {seed}\ntrials: 6")
        found.append(values_of(search_on(monkeypatch, tmp_path / name, FakeTraining(), search)[0]))
    assert found[0] == found[1] != found[2]


def test_a_worse_trial_is_stopped_before_its_last_epoch(monkeypatch, tmp_path):
    search = write_search(tmp_path, "pruner: {startup_trials: 2, warmup_epochs: 2}\ntrials: 9")
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    pruned = [trial for trial in record_trials(study) if trial.state == "pruned"]
    assert pruned
    assert {trial.epochs for trial in pruned} <= {2, 3}
    assert find_best(study).state == TrialState.COMPLETE


def test_hyperband_stops_trials_too(monkeypatch, tmp_path):
    search = write_search(tmp_path, "pruner: {method: hyperband}\ntrials: 9\nepochs: 9")
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    assert "PRUNED" in states_of(study)
    assert len({trial.params["optim.learning_rate"] for trial in study.trials}) == 9


def test_trials_that_were_tried_again_and_those_too_many_do_not_count():
    def trial(number, **attributes):
        return SimpleNamespace(number=number, user_attrs=attributes)

    trials = [trial(0), trial(1), trial(2, retry_of=1), trial(3, surplus=True)]
    assert [one.number for one in counted_trials(trials)] == [0, 2]


@pytest.mark.parametrize(
    ("pruner", "epochs", "expected"),
    [
        ("none", 4, NopPruner),
        ("median", 4, MedianPruner),
        ("hyperband", 9, HyperbandPruner),
        ("hyperband", 2, NopPruner),  # too short for anything to be stopped
    ],
)
def test_the_pruner_is_the_one_of_the_file(tmp_path, pruner, epochs, expected):
    search = write_search(tmp_path, f"pruner: {{method: {pruner}, warmup_epochs: 2}}\nepochs: {epochs}")
    assert type(build_pruner(search)) is expected


@pytest.mark.parametrize(("trials", "by_chance"), [(2, 1), (9, 3), (300, 10)])
def test_a_third_of_the_trials_at_most_ten_is_drawn_by_chance(tmp_path, trials, by_chance):
    assert build_sampler(write_search(tmp_path, f"trials: {trials}"), optuna.create_study()).startup == by_chance


def test_values_are_drawn_from_their_ranges_as_a_recipe_holds_them():
    space = [
        SearchedParameter("model.small_cnn.filters", "choice", choices=([8], [8, 16])),
        SearchedParameter("optim.accumulate", "int", 1, 7, step=3),
        SearchedParameter("optim.learning_rate", "float", 1e-4, 1e-1, is_log=True),
    ]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [suggest_values(study.ask(), space) for _ in range(40)]
    assert {tuple(values["model.small_cnn.filters"]) for values in drawn} == {(8,), (8, 16)}
    assert {values["optim.accumulate"] for values in drawn} == {1, 4, 7}
    rates = [values["optim.learning_rate"] for values in drawn]
    assert all(1e-4 <= rate <= 1e-1 for rate in rates)
    assert sum(rate < 10**-2.5 for rate in rates) > 10  # logarithmic: half of them; else 3 of 100
