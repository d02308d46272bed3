"""Doing a comparison's runs: what is missing, what was interrupted, what fails; no run touches another."""

import errno

import pytest
from filelock import FileLock

from tests.experiments.comparisons import ONE, TWO, do, plan
from vitrine.errors import UserError
from vitrine.experiments.compare import runner
from vitrine.experiments.compare.results import collect_figures
from vitrine.experiments.compare.runner import forget_failures, read_failure
from vitrine.records import folder as run_folder
from vitrine.training.head.features import FEATURES


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_another_recipe_is_another_run_and_the_old_one_stays(write_comparison):
    path = write_comparison(ONE)
    _, before = plan(path)
    do(before)
    _, after = plan(path, "optim.learning_rate=0.02")
    assert not after[0].is_done()
    assert do(after) == [("done", "plain, seed 0")]
    assert before[0].is_done()


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
    _, runs = plan(write_comparison(ONE))
    do(runs)
    assert read_failure(runs[0]) == "RuntimeError: CUDA out of memory"


def test_a_run_that_fails_keeps_the_features_that_it_computed(write_comparison, monkeypatch):
    def diverge(_, folder, *__, **___):
        (folder / run_folder.CHECKPOINT / FEATURES).mkdir(parents=True)
        raise UserError("the training loss is no longer a number")

    monkeypatch.setattr(runner, "run_training", diverge)
    _, runs = plan(write_comparison(ONE))
    assert do(runs) == [("failed", "plain, seed 0")]
    assert (runs[0].unfinished / run_folder.CHECKPOINT / FEATURES).is_dir()


def test_a_run_is_held_while_it_is_at_work(write_comparison, monkeypatch):
    held = []

    def look(_, folder, *__, **___):
        held.append(run_folder.is_held(folder))
        raise UserError("enough")

    monkeypatch.setattr(runner, "run_training", look)
    _, runs = plan(write_comparison(ONE))
    do(runs)
    assert held == [True]
    assert not run_folder.is_held(runs[0].unfinished)


def test_a_full_disk_stops_everything(write_comparison, monkeypatch):
    def fill(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner, "run_training", fill)
    _, runs = plan(write_comparison(ONE))
    with pytest.raises(OSError, match="No space"):
        do(runs)
    assert read_failure(runs[0]) is None


@pytest.mark.slow
def test_a_run_whose_process_dies_again_and_again_has_failed(write_comparison, monkeypatch):
    def die(*_, **__):
        raise SystemExit  # nothing below `_do` is told, as with a kill

    _, runs = plan(write_comparison(ONE))
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
    _, runs = plan(write_comparison(ONE))
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
