"""Trials: what they may see, how they end, how a search goes on after a kill."""

import platform
import time

import pytest
from optuna.trial import TrialState

from tests.experiments.search_doubles import (
    NOBODY,
    FakeTraining,
    Killed,
    make_prepared,
    search_on,
    states_of,
    values_of,
    write_search,
)
from vitrine.errors import UserError
from vitrine.experiments.search import trials as search_trials
from vitrine.experiments.search import workers as search_workers
from vitrine.experiments.search.results import count_retried, record_trials
from vitrine.experiments.search.storage import default_address, open_study
from vitrine.experiments.search.trials import run_trials


def kill_while_training(monkeypatch, folder, search, number):
    """The process of a search is killed in its training of this number."""
    with monkeypatch.context() as patch:
        patch.setattr(search_workers, "describe_worker", lambda: NOBODY | {"host": platform.node()})
        with pytest.raises(Killed):
            search_on(patch, folder, FakeTraining(**{f"at_{number}": Killed()}), search)


def test_a_search_has_as_many_trials_as_wanted_and_begins_with_the_recipe_as_it_was(monkeypatch, tmp_path):
    training = FakeTraining()
    study, reports = search_on(monkeypatch, tmp_path, training, write_search(tmp_path))
    assert states_of(study) == ["COMPLETE"] * 6
    assert [report.number for report in reports] == [1, 2, 3, 4, 5, 6]
    first, *others = training.plans
    assert (first.optimizer.learning_rate, first.model.small_cnn["filters"]) == (1e-3, (8,))
    assert len({plan.optimizer.learning_rate for plan in others}) == 5
    assert [trial.is_default for trial in record_trials(study)] == [True] + [False] * 5


def test_trials_have_no_test_split_and_leave_no_files(monkeypatch, tmp_path):
    training = FakeTraining()
    search_on(monkeypatch, tmp_path, training, write_search(tmp_path))
    assert sorted(training.prepared.splits) == ["train", "validation"]
    assert not (tmp_path / "scratch").exists()
    assert {plan.engine.tracker for plan in training.plans} == {"none"}


def test_a_killed_and_resumed_search_finds_what_an_uninterrupted_one_finds(monkeypatch, tmp_path):
    (tmp_path / "whole").mkdir()
    whole, _ = search_on(monkeypatch, tmp_path / "whole", FakeTraining(), write_search(tmp_path / "whole", "trials: 7"))
    search = write_search(tmp_path, "trials: 7")
    kill_while_training(monkeypatch, tmp_path, search, 4)
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    assert states_of(study) == ["COMPLETE"] * 4 + ["FAIL"] + ["COMPLETE"] * 3
    assert values_of(study) == values_of(whole)
    assert count_retried(study) == 1
    assert [trial.number for trial in record_trials(study)] == list(range(1, 8))


def test_the_same_call_again_adds_nothing_and_more_trials_add_the_missing_ones(monkeypatch, tmp_path):
    search_on(monkeypatch, tmp_path, FakeTraining(), write_search(tmp_path))
    again, more = FakeTraining(), FakeTraining()
    search_on(monkeypatch, tmp_path, again, write_search(tmp_path))
    search_on(monkeypatch, tmp_path, more, write_search(tmp_path, "trials: 8"))
    assert (len(again.plans), len(more.plans)) == (0, 2)


def test_a_trial_that_takes_its_process_down_each_time_is_not_tried_for_ever(monkeypatch, tmp_path):
    search = write_search(tmp_path, "trials: 2")
    for _ in range(3):
        kill_while_training(monkeypatch, tmp_path, search, 0)
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    first, second = record_trials(study)
    assert (first.state, second.state) == ("failed", "complete")
    assert "its process died each time" in first.reason


def test_ctrl_c_gives_the_trial_back_and_the_search_goes_on(monkeypatch, tmp_path):
    search = write_search(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        search_on(monkeypatch, tmp_path, FakeTraining(at_2=KeyboardInterrupt()), search)
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    assert states_of(study) == ["COMPLETE", "COMPLETE", "FAIL", *["COMPLETE"] * 4]
    assert [trial.state for trial in record_trials(study)] == ["complete"] * 6


def test_a_result_of_a_trial_that_was_given_up_meanwhile_is_left_out(monkeypatch, tmp_path):
    search = write_search(tmp_path, "trials: 1")
    address = default_address(tmp_path)

    class Slow(FakeTraining):
        def __call__(self, *arguments):
            if not self.plans:  # meanwhile, elsewhere
                open_study(search, make_prepared(tmp_path), address).tell(0, state=TrialState.FAIL)
            return super().__call__(*arguments)

    _, reports = search_on(monkeypatch, tmp_path, Slow(), search)
    assert "given it up" in reports[0].reason


def test_failed_trials_are_kept_with_their_reason_and_the_search_goes_on(monkeypatch, tmp_path):
    training = FakeTraining(
        at_1=UserError("epoch 1: the loss is no longer a number"),
        at_2=RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"),
        at_3=ZeroDivisionError("of ours"),
    )
    study, _ = search_on(monkeypatch, tmp_path, training, write_search(tmp_path))
    assert [trial.reason for trial in record_trials(study)] == [
        "",
        "epoch 1: the loss is no longer a number",
        "out of memory",
        "ZeroDivisionError: of ours",
        "",
        "",
    ]


def test_values_that_do_not_go_together_fail_their_trial_alone(monkeypatch, tmp_path):
    search = write_search(tmp_path, parameters="model.small_cnn.kernel_sizes: {choices: [[3], [3, 5]]}")
    study, _ = search_on(monkeypatch, tmp_path, FakeTraining(), search)
    for trial, record in zip(study.trials, record_trials(study), strict=True):
        filters, kernels = (trial.params[f"model.small_cnn.{name}"] for name in ("filters", "kernel_sizes"))
        assert (record.state == "failed") is (filters == "[8]" and kernels == "[3, 5]")
        assert ("kernel_sizes needs one value" in record.reason) is (record.state == "failed")


def test_a_loss_that_is_no_number_fails_the_trial(monkeypatch, tmp_path):
    class Diverging(FakeTraining):
        def record(self, epoch, distance):
            return super().record(epoch, float("nan") if len(self.plans) == 2 else distance)

    study, _ = search_on(monkeypatch, tmp_path, Diverging(), write_search(tmp_path))
    assert record_trials(study)[1].reason == "epoch 1: the validation loss is no longer a number"


def test_a_full_disk_ends_the_search_and_is_no_finding_about_a_trial(monkeypatch, tmp_path):
    with pytest.raises(OSError, match="full"):
        search_on(monkeypatch, tmp_path, FakeTraining(at_1=OSError(28, "full")), write_search(tmp_path))


def test_no_trial_starts_after_the_deadline(monkeypatch, tmp_path):
    training = FakeTraining()
    monkeypatch.setattr(search_trials, "fit_network", training)
    prepared = make_prepared(tmp_path)
    search = write_search(tmp_path)
    study = open_study(search, prepared, default_address(tmp_path))
    run_trials(search, study, prepared, tmp_path / "scratch", deadline=time.monotonic() - 1)
    assert training.plans == []
