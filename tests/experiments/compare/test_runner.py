"""Doing a comparison's runs: what is missing, what was interrupted, what fails; no run touches another."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from tests.factories import write_tiny_resnet
from vitrine.errors import UserError
from vitrine.experiments.compare import runner
from vitrine.experiments.compare.cost import read_cost
from vitrine.experiments.compare.datasets import prepare_missing
from vitrine.experiments.compare.file import load_comparison
from vitrine.experiments.compare.plan import plan_runs
from vitrine.experiments.compare.results import collect_figures
from vitrine.experiments.compare.runner import Options, do_runs, forget_failures, read_failure
from vitrine.records import folder as run_folder
from vitrine.training.head import fit as cached_head
from vitrine.workflows.prepare import write_data_set

TWO = "seeds: [0, 1]\nvariants: {plain: {}, wide: {'model.small_cnn.filters': [6]}}\n"
HEAD = "model.trainable_part: head, optim.epochs: 2, model.backbone"


def refuse(recipe):
    raise AssertionError(f"{recipe.prepared_folder} should have been there")


def plan(path, *overrides):
    comparison = load_comparison(path, overrides)
    folder = Path("runs") / comparison.name
    folder.mkdir(parents=True, exist_ok=True)
    return comparison, plan_runs(comparison, folder, prepare_missing(comparison, folder, refuse, print))


def do(runs):
    """Returns what happened: (kind, run) of every final event."""
    events = []
    do_runs(runs, Options(), events.append)
    return [(event.kind, event.run) for event in events if event.kind in ("done", "failed")]


@pytest.fixture
def trainings(monkeypatch):
    """Titles of the trainings that began; a title in `trainings.stops` is stopped, as by Ctrl-C."""

    class Trainings(list):
        def __init__(self):
            self.stops = set()

    began, train = Trainings(), runner.run_training

    def watched(recipe, folder, listeners, **options):
        began.append(f"{folder.parent.name}, seed {recipe.engine.seed}")
        if began[-1] in began.stops:
            raise KeyboardInterrupt
        return train(recipe, folder, listeners, **options)

    monkeypatch.setattr(runner, "run_training", watched)
    return began


def test_only_what_is_missing_is_done_after_an_interruption(write_comparison, trainings):
    _, runs = plan(write_comparison(TWO))
    trainings.stops = {"plain, seed 1"}
    with pytest.raises(KeyboardInterrupt):
        do(runs)
    assert trainings == ["plain, seed 0", "wide, seed 0", "plain, seed 1"]
    trainings.clear()
    trainings.stops = set()
    assert do(runs) == [("done", "plain, seed 1"), ("done", "wide, seed 1")]
    assert trainings == ["plain, seed 1", "wide, seed 1"]
    assert do(runs) == []


def test_another_recipe_is_another_run_and_the_old_one_stays(write_comparison):
    path = write_comparison("seeds: [0]\nvariants: {plain: {}}\n")
    _, before = plan(path)
    do(before)
    _, after = plan(path, "optim.learning_rate=0.02")
    assert not after[0].is_done()
    assert do(after) == [("done", "plain, seed 0")]
    assert before[0].is_done()


@pytest.mark.parametrize("override", ["engine.tracker=tensorboard", "engine.checkpoint_minutes=1"])
def test_what_does_not_change_the_figures_does_not_ask_for_a_new_run(write_comparison, override):
    path = write_comparison("seeds: [0]\nvariants: {plain: {}}\n")
    assert plan(path)[1][0].identity == plan(path, override)[1][0].identity


def test_other_pictures_ask_for_new_runs(write_comparison, digits, tmp_path):
    path = write_comparison("seeds: [0]\nvariants: {plain: {}}\n")
    (tmp_path / "copy").symlink_to(digits)
    manifest = pd.read_parquet(digits / "manifest.parquet")
    other = tmp_path / "other"
    other.mkdir()
    for file in digits.iterdir():
        (other / file.name).symlink_to(file)
    (other / "manifest.parquet").unlink()
    manifest.loc[manifest["status"] == "kept", "label_name"] = "one"
    manifest.to_parquet(other / "manifest.parquet")
    own, copied, changed = (
        plan(path, f"data.prepared={folder}")[1][0].identity for folder in (digits, tmp_path / "copy", other)
    )
    assert own == copied != changed


def test_a_run_that_fails_is_written_down_and_the_others_go_on(write_comparison):
    path = write_comparison("seeds: [0]\nvariants: {lost: {model.backbone: ./nowhere}, plain: {}}\n")
    comparison, runs = plan(path)
    assert do(runs) == [("failed", "lost, seed 0"), ("done", "plain, seed 0")]
    assert "nowhere" in read_failure(runs[0])
    assert not runs[0].unfinished.exists()
    figures = collect_figures(comparison, runs)
    assert [variant.name for variant in figures.variants] == ["plain"]
    assert [(failure.variant, failure.seed) for failure in figures.failures] == [("lost", 0)]
    assert do(runs) == []
    forget_failures(runs)
    assert do(runs) == [("failed", "lost, seed 0")]


def test_an_unforeseen_error_is_a_failed_run_too(write_comparison, monkeypatch):
    def break_down(*_, **__):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(runner, "run_training", break_down)
    _, runs = plan(write_comparison("seeds: [0]\nvariants: {plain: {}}\n"))
    do(runs)
    assert read_failure(runs[0]) == "RuntimeError: CUDA out of memory"


def test_a_full_disk_stops_everything(write_comparison, monkeypatch):
    def fill(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner, "run_training", fill)
    _, runs = plan(write_comparison("seeds: [0]\nvariants: {plain: {}}\n"))
    with pytest.raises(OSError, match="No space"):
        do(runs)
    assert read_failure(runs[0]) is None


def test_a_run_whose_process_dies_again_and_again_has_failed(write_comparison, monkeypatch):
    def die(*_, **__):
        raise SystemExit  # nothing below `_do` is told, as with a kill

    _, runs = plan(write_comparison("seeds: [0]\nvariants: {plain: {}}\n"))
    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_training", die)
        for _ in range(3):
            with pytest.raises(SystemExit):
                do(runs)
    assert do(runs) == [("failed", "plain, seed 0")]
    assert "without a word" in read_failure(runs[0])


@pytest.mark.parametrize("fault", [NotImplementedError(), OSError(errno.ENOLCK, "No locks available")])
def test_a_disk_that_cannot_lock_is_named_before_anything_is_trained(write_comparison, monkeypatch, trainings, fault):
    _, runs = plan(write_comparison(TWO))

    def fail(*_):
        raise fault

    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(UserError, match="this disk cannot lock files"):
        do(runs)
    assert trainings == []


def test_a_run_that_another_process_does_is_left_to_it_and_then_taken_as_done(write_comparison, monkeypatch):
    _, runs = plan(write_comparison("seeds: [0]\nvariants: {plain: {}}\n"))
    runs[0].lock.parent.mkdir(parents=True)
    lock = FileLock(runs[0].lock)
    lock.acquire()

    def finish_elsewhere(_):
        runs[0].folder.mkdir(parents=True)
        (runs[0].folder / run_folder.METRICS).write_text("{}")
        lock.release()

    monkeypatch.setattr(runner.time, "sleep", finish_elsewhere)
    assert do(runs) == []


@pytest.mark.slow
def test_a_run_is_the_same_alone_and_after_others(write_comparison, tmp_path, monkeypatch):
    path = write_comparison(TWO)
    _, together = plan(path)
    do(together)
    _, alone = plan(path, "seeds=[1]", "name=alone")
    do(alone)
    last = next(run for run in together if (run.variant, run.seed) == ("wide", 1))
    single = next(run for run in alone if run.variant == "wide")
    assert last.identity == single.identity
    tables = [(run.folder / run_folder.PREDICTIONS).read_text() for run in (last, single)]
    assert tables[0] == tables[1]


def test_features_are_computed_once_for_all_seeds_and_heads(write_comparison, tmp_path, monkeypatch):
    backbone = write_tiny_resnet(tmp_path / "tiny")
    computed = []
    read = cached_head.compute_head_inputs

    def watched(model, normalization, train, validation, options, store, on_pictures):
        return read(model, normalization, train, validation, options, store, lambda *seen: computed.append(seen))

    monkeypatch.setattr(cached_head, "compute_head_inputs", watched)
    _, runs = plan(
        write_comparison(
            "seeds: [0, 1]\nvariants:\n"
            f"  linear: {{{HEAD}: {backbone}}}\n  dense: {{model.head: dense, {HEAD}: {backbone}}}\n"
        )
    )
    pictures = 0
    for run in runs:
        do([run])
        pictures = pictures or len(computed)
    assert pictures == len(computed) > 0
    costs = [read_cost(run.folder) for run in runs]
    assert costs[0].reused_seconds == 0
    assert len({cost.reused_seconds for cost in costs[1:]}) == 1
    assert all(cost.seconds > cost.reused_seconds > 0 for cost in costs[1:])
    assert not list(Path("runs/trial").glob("*/*/checkpoint"))


def test_folds_are_runs_of_their_own_and_missing_pictures_are_prepared(write_comparison):
    path = write_comparison("folds: 3\nseeds: [0]\nvariants: {plain: {}}\n", is_prepared=False)
    comparison = load_comparison(path)
    folder = Path("runs/trial")
    folder.mkdir(parents=True)
    prepared = prepare_missing(comparison, folder, write_data_set, print)
    assert prepared == {"plain": Path("prepared/trial")}
    runs = plan_runs(comparison, folder, prepare_missing(comparison, folder, refuse, print))
    do(runs)
    figures = collect_figures(comparison, runs)
    assert [run.fold for run in figures.runs] == [0, 1, 2]
    assert len({run.identity for run in runs}) == 3
    assert len({run.validation_accuracy for run in figures.runs}) > 1
    assert figures.variants[0].runs == 3


@pytest.mark.slow
def test_workers_share_the_runs_and_a_killed_one_is_replaced(write_comparison):
    path = write_comparison("seeds: [0, 1]\nvariants: {a: {optim.epochs: 25}, b: {optim.epochs: 24}}\n")
    code = "import sys; from vitrine.commands.compare import main; sys.exit(main(sys.argv[1:]))"
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, str(path), "--workers", "2"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    import psutil

    limit = time.monotonic() + 120
    while not list(Path("runs").glob("trial/*/*.unfinished/checkpoint/number_*")) and time.monotonic() < limit:
        time.sleep(0.2)
    workers = [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    assert len(workers) == 2
    os.kill(workers[0].pid, signal.SIGKILL)
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "a worker has died" in output
    assert len(list(Path("runs").glob("trial/*/seed_*/metrics.json"))) == 4
