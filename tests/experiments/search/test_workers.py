"""Who works on a trial, and what becomes of the trials of dead processes."""

import os
import platform
import time
from datetime import datetime, timedelta

import optuna
import pytest

from tests.experiments.search_doubles import (
    NOBODY,
    make_prepared,
    states_of,
    write_search,
)
from vitrine.experiments.search import workers as search_workers
from vitrine.experiments.search.storage import default_address, open_study
from vitrine.experiments.search.workers import (
    GRACE_SECONDS,
    Watch,
    count_running,
    count_started,
    describe_worker,
    give_back,
    is_alive,
    is_surplus,
    reap_dead_trials,
    signed,
)


class Clock:
    """Time as it passes for this process, in seconds, in place of that of its machine."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(search_workers.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def running_trial(**attributes):
    study = optuna.create_study()
    study.ask()
    trial = study.trials[0]
    trial.user_attrs = attributes
    return trial


@pytest.mark.parametrize(
    ("worker", "at_once", "after_grace"),
    [
        (describe_worker(), False, False),  # of this machine: it is there, however long it is silent
        (NOBODY | {"host": platform.node()}, True, True),
        (describe_worker() | {"started": 1.0}, False, True),  # its number is another's, or the clock was set
        (NOBODY | {"host": "elsewhere"}, False, True),
        (None, False, True),  # it died before it could sign
    ],
)
def test_trials_of_dead_processes_are_told_from_those_at_work(clock, worker, at_once, after_grace):
    watch, trial = Watch(), running_trial(**({"worker": worker} if worker else {}))
    assert watch.is_dead(trial) is at_once
    clock.now += GRACE_SECONDS
    assert watch.is_dead(trial) is at_once
    clock.now += 1
    assert watch.is_dead(trial) is after_grace


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_worker_whose_clock_differs_keeps_its_trial_as_long_as_it_beats(clock, monkeypatch, hours):
    watch = Watch()
    monkeypatch.setattr(search_workers.time, "time", lambda: 1e9 + 3600 * hours)
    for beat in (None, 1, 2, 3):
        worker = NOBODY | {"host": "elsewhere"}
        trial = running_trial(worker=worker, **({"beat": beat} if beat else {}))
        trial.datetime_start = datetime.now() + timedelta(hours=hours)
        for _ in range(2):
            assert not watch.is_dead(trial)
            clock.now += GRACE_SECONDS - 1
    clock.now += 2
    assert watch.is_dead(trial)


def test_a_worker_of_this_machine_keeps_its_trial_when_the_clock_is_set(clock):
    watch = Watch()
    for beat in range(5):
        assert not watch.is_dead(running_trial(worker=describe_worker() | {"started": 1.0}, beat=beat))
        clock.now += GRACE_SECONDS + 1


def test_a_trial_at_work_elsewhere_is_left_alone_and_a_silent_one_is_tried_again(tmp_path, clock):
    search = write_search(tmp_path)
    study, watch = open_study(search, make_prepared(tmp_path), default_address(tmp_path)), Watch()
    trials = [study.ask(), study.ask()]
    for trial in trials:
        trial.suggest_float("optim.learning_rate", 1e-4, 1e-1, log=True)
        trial.set_user_attr("worker", NOBODY | {"host": "elsewhere"})
    assert reap_dead_trials(study, watch) == []
    clock.now += GRACE_SECONDS + 1
    trials[0].set_user_attr("beat", 1)
    assert reap_dead_trials(study, watch) == [1]
    assert states_of(study) == ["RUNNING", "FAIL", "WAITING"]
    retried = study.ask()
    assert (
        retried.suggest_float("optim.learning_rate", 1e-4, 1e-1, log=True)
        == study.trials[1].params["optim.learning_rate"]
    )


def test_two_workers_that_ask_at_once_do_not_exceed_the_wanted_number(tmp_path):
    search = write_search(tmp_path, "trials: 2")
    study = open_study(search, make_prepared(tmp_path), default_address(tmp_path))
    trials = [study.ask() for _ in range(3)]
    assert [is_surplus(study, trial, 2) for trial in trials] == [False, False, True]


def test_a_trial_is_signed_while_somebody_works_on_it_and_beats(monkeypatch):
    monkeypatch.setattr(search_workers, "BEAT_SECONDS", 0.01)
    study = optuna.create_study()
    trial = study.ask()
    with signed(trial):
        deadline = time.monotonic() + 5
        while "beat" not in study.trials[0].user_attrs and time.monotonic() < deadline:
            time.sleep(0.01)
    worker, beat = (study.trials[0].user_attrs[name] for name in ("worker", "beat"))
    assert (worker["host"], worker["pid"]) == (platform.node(), os.getpid())
    assert beat >= 1
    assert is_alive(worker)


def test_a_trial_is_given_back_twice_at_most_unless_it_does_not_count():
    study = optuna.create_study()
    for tries in (1, 2, 3):
        study.ask().suggest_float("x", 0, 1)
        assert give_back(study, study.trials[-1])
        assert not give_back(study, study.trials[tries - 1])  # it is no longer running
        assert count_running(study) == 0
    assert [trial.state.name for trial in study.trials] == ["FAIL"] * 3
    assert len({trial.params["x"] for trial in study.trials}) == 1
    study.ask().suggest_float("x", 0, 1)
    for _ in range(4):
        assert give_back(study, study.trials[-1], counts=False)
        study.ask().suggest_float("x", 0, 1)
    assert (len(study.trials), count_running(study), count_started(study)) == (8, 1, 2)
