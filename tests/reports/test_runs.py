"""All runs side by side, from the files in their folders."""

from pathlib import Path

import pytest

from tests.reports.run_folders import NOW, write_run
from vitrine.records.folder import METRICS, RECIPE, UNFINISHED, hold_run
from vitrine.reports.runs import Runs, as_record, find_runs, sort_runs

RUNS = Path("runs")


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_finished_run_has_its_figures_and_an_unfinished_one_has_none():
    write_run("dogs", 2, accuracy=0.75, seconds=95)
    write_run("halted", 1, suffix=UNFINISHED)
    found = {run.name: run for run in find_runs(RUNS).runs}
    assert (found["dogs"].metrics.test.accuracy, found["dogs"].seconds) == (0.75, 95)
    assert found["dogs"].last_written is None
    assert (found["halted"].metrics, found["halted"].seconds, found["halted"].at_work) == (None, None, False)
    assert (NOW - found["halted"].started).total_seconds() == 3600
    assert found["halted"].last_written is not None


def test_runs_of_a_comparison_are_found_under_their_variant():
    folder = write_run("dense", 1)
    (RUNS / "heads").mkdir()
    (RUNS / "dense").rename(RUNS / "heads" / "dense")
    (run,) = find_runs(RUNS).runs
    assert (run.name, run.folder) == ("heads/dense", RUNS / "heads" / "dense" / folder.name)


def test_a_search_is_no_run_that_cannot_be_read():
    for file in ("search.json", "study.db"):
        folder = RUNS / "search" / file
        folder.mkdir(parents=True)
        (folder / file).touch()
    assert find_runs(RUNS) == Runs([], [])


def test_only_names_that_fit_are_read_and_links_and_hidden_folders_never():
    folder = write_run("dogs", 1)
    write_run("cats", 1)
    (RUNS / "dogs" / "latest").symlink_to(folder.name)
    (RUNS / ".hidden" / "run").mkdir(parents=True)
    assert [run.name for run in find_runs(RUNS, "d?gs").runs] == ["dogs"]
    assert find_runs(RUNS).faults == []
    assert find_runs(Path("nowhere")).runs == []


def test_each_folder_that_cannot_be_read_is_one_sentence():
    (write_run("no_number", 1) / METRICS).write_text("{")
    (write_run("wrong", 2) / RECIPE).write_text("model: {}\noptim: {epochs: many}\nengine: {}\n")
    (RUNS / "notes" / "summer").mkdir(parents=True)
    faults = find_runs(RUNS).faults
    assert len(faults) == 3
    assert "metrics.json" in faults[0]
    assert f"no {RECIPE}" in faults[1]
    assert "optim.epochs" in faults[2]


def test_the_best_come_first_and_runs_without_the_figure_last_the_newest_of_them_first():
    write_run("old", 9, accuracy=0.9, seconds=50)
    write_run("new", 1, accuracy=0.7, seconds=20)
    write_run("halted", 5, suffix=UNFINISHED)
    write_run("stopped", 2, suffix=UNFINISHED)
    runs = find_runs(RUNS).runs
    names = {order: [run.name for run in sort_runs(runs, order)] for order in ("age", "accuracy", "duration")}
    assert names == {
        "age": ["new", "stopped", "halted", "old"],
        "accuracy": ["old", "new", "stopped", "halted"],
        "duration": ["new", "old", "stopped", "halted"],
    }


def test_a_record_says_in_what_state_a_run_is_and_leaves_out_what_is_not_known():
    folder = write_run("busy", 1, suffix=UNFINISHED, overrides=["optim.learning_rate=0.02"])
    with hold_run(folder):
        (run,) = find_runs(RUNS).runs
    record = as_record(run)
    assert (record["state"], record["learning_rate"], record["test_accuracy"]) == ("at work", 0.02, None)
    write_run("done", 1)
    done = {record["name"]: record for record in map(as_record, find_runs(RUNS).runs)}["done"]
    assert done["state"] == "finished"
    assert done["test_accuracy_low"] <= done["test_accuracy"] <= done["test_accuracy_high"]
