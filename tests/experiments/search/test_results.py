"""From trials to records, to the best recipe and to what mattered."""

import re
from dataclasses import replace
from types import SimpleNamespace

import optuna
import pytest

from tests.experiments.search_doubles import (
    FakeTraining,
    search_on,
    write_search,
)
from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.experiments.search.results import (
    best_recipe,
    find_best,
    measure_importance,
    read_values,
    record_parameters,
    record_trials,
    write_recipe,
)
from vitrine.experiments.search.space import SearchedParameter


@pytest.mark.parametrize("objective", ["validation_loss", "validation_accuracy"])
def test_the_best_trial_has_the_lowest_loss_or_the_highest_accuracy(monkeypatch, tmp_path, objective):
    search = write_search(tmp_path, f"objective: {objective}\ntrials: 6")
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    records, best = record_trials(study), find_best(study)
    assert records[best.number].loss == min(record.loss for record in records)
    assert records[best.number].accuracy == max(record.accuracy for record in records)


@pytest.mark.parametrize(("trials", "tried"), [(4, 4), (40, 10)])
def test_a_search_whose_every_trial_fails_ends_with_the_reasons(monkeypatch, tmp_path, trials, tried):
    training = FakeTraining(**{"at_0": UserError("too few pictures")})
    training.answers[-1] = MemoryError()
    search = write_search(tmp_path, f"trials: {trials}")
    with pytest.raises(UserError) as error:
        find_best(search_on(monkeypatch, tmp_path, training, search)[0])
    assert f"all {tried} trials of the search failed" in str(error.value)
    assert f"{tried - 1} x out of memory\n  1 x too few pictures" in str(error.value)


@pytest.mark.slow
def test_what_matters_is_told_from_what_does_not(monkeypatch, tmp_path):
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), write_search(tmp_path, "trials: 14"))
    shares = measure_importance(study)
    assert shares["optim.learning_rate"] > 0.9
    assert sum(shares.values()) == pytest.approx(1)


def test_too_few_trials_have_no_importance(monkeypatch, tmp_path):
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), write_search(tmp_path, "trials: 3"))
    assert measure_importance(study) == {}


def test_the_best_recipe_is_written_out_with_what_the_search_found(monkeypatch, tmp_path):
    search = write_search(tmp_path)
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    best = find_best(study)
    parameters = record_parameters(search, study, best)
    text = write_recipe(best_recipe(search, best), parameters, {"Found by": "a search"})
    assert text.startswith("# Found by: a search\n")
    (tmp_path / "best.yaml").write_text(text, "utf-8")
    recipe = load_recipe(tmp_path / "best.yaml")
    assert recipe.optim.learning_rate == best.params["optim.learning_rate"]
    assert recipe.optim.epochs == search.base.optim.epochs
    (line,) = [line for line in text.splitlines() if line.startswith("  learning_rate: ")]
    assert re.search(r"found by the search, was 0\.001.*; searched: 0\.0001 to 0\.1, logarithmic$", line)


def test_the_best_recipe_trains_another_part_as_its_trial_did(tmp_path):
    part = SearchedParameter("model.trainable_part", "choice", choices=("all", "head"))
    base = load_recipe(None, ["model.backbone=resnet18", "optim.epochs=5", "optim.learning_rate=3e-4"])
    search = replace(write_search(tmp_path), base=base, space=(part,), epochs=5)
    trial = SimpleNamespace(params={"model.trainable_part": "head"})
    best, tried = best_recipe(search, trial), search.trial_recipe(read_values(search, trial))
    assert (best.optim, best.early_stopping.patience) == (tried.optim, tried.early_stopping.patience)
    assert best.optim.epochs == 5


def test_a_study_without_a_complete_trial_asks_for_more(tmp_path):
    with pytest.raises(UserError, match="no trial of the search was trained to its end"):
        find_best(optuna.create_study(study_name="small"))
