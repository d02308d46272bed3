"""`python -m vitrine demo`: which recipe is taken, which steps follow, and where they end."""

import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.records.examples import make_metrics
from vitrine.commands import app, demo, prepare, train
from vitrine.commands.console import run_command
from vitrine.config.loading import load_recipe
from vitrine.records.folder import LATEST, METRICS


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """The steps that were taken, in an empty folder, with the exit codes of prepare and train and the metrics."""

    class Steps(list):
        def __init__(self):
            self.codes = {prepare.main: 0, demo._train: 0}
            self.metrics = make_metrics()

    taken = Steps()

    def run_apart(step, arguments):
        taken.append((step, arguments))
        if step is demo._train and taken.codes[step] == 0:
            run = Path("runs") / load_recipe(Path(arguments[0])).name / LATEST
            run.mkdir(parents=True)
            taken.metrics.write(run / METRICS)
        return taken.codes[step]

    def serve(arguments):
        sys.stdout.write("Open the page\n")
        taken.append((app.main, arguments))
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "_run_apart", run_apart)
    monkeypatch.setattr(app, "main", serve)
    monkeypatch.setattr("vitrine.workflows.review_queue.build_queue", lambda run: SimpleNamespace(pictures=[]))
    return taken


def test_the_digits_are_prepared_trained_and_shown(steps):
    served = app.main
    assert demo.main(["--port", "7000"]) == 0
    assert steps == [
        (prepare.main, ["configs/digits.yaml"]),
        (demo._train, ["configs/digits.yaml", "engine.budget_minutes=1"]),
        (served, ["--model", "runs/digits/latest/model", "--corrections", "corrections", "--port", "7000"]),
    ]
    assert Path("configs/digits.yaml").is_file()


@pytest.mark.parametrize(
    ("epochs", "planned", "stopped", "warned"),
    [(1, 15, False, True), (2, 15, False, True), (3, 15, False, False), (1, 1, False, False), (2, 15, True, False)],
)
def test_a_training_for_which_the_time_was_too_short_says_so_and_how_it_is_done_whole(
    steps, capsys, epochs, planned, stopped, warned
):
    figures = {"epochs": epochs, "epochs_planned": planned, "stopped_early": stopped}
    metrics = steps.metrics
    steps.metrics = metrics.model_copy(update={"training": metrics.training.model_copy(update=figures)})
    assert demo.main(["--no-app"]) == 0
    printed = capsys.readouterr().out
    assert (f"no further than epoch {epochs} of {planned}" in printed) == warned
    whole = [line for line in printed.splitlines() if line.endswith(" train configs/digits.yaml")]
    assert len(whole) == warned


def test_what_to_do_is_said_before_the_page_opens_and_last_that_the_model_is_a_guess(steps, capsys):
    figures = steps.metrics.training.model_copy(update={"epochs": 1, "epochs_planned": 15, "stopped_early": False})
    steps.metrics = steps.metrics.model_copy(update={"training": figures})
    assert demo.main([]) == 0
    said = capsys.readouterr().out
    own, ends, note, page = (
        said.index(words)
        for words in ("Now your own pictures", "Ctrl-C ends it", "start the demo again", "Open the page")
    )
    assert own < ends < note < page
    assert said.count("Now your own pictures") == 1


def test_without_a_page_nothing_is_said_of_its_end(steps, capsys):
    assert demo.main(["--no-app"]) == 0
    assert "Ctrl-C" not in capsys.readouterr().out


def test_the_minute_begins_when_the_libraries_are_loaded(monkeypatch):
    begun = []
    monkeypatch.setattr(train, "check_inputs", lambda recipe: None)
    monkeypatch.setattr(train, "keep_freed_memory", lambda: None)
    monkeypatch.setattr(train, "_seconds_since_start", lambda: 20.0)
    monkeypatch.setattr(train, "train_recipe", lambda *given: begun.append(given[-1]))
    assert demo._train(["name=x", "engine.budget_minutes=1"]) == 0
    assert train.main(["name=x", "engine.budget_minutes=1"]) == 0
    assert 15 < begun[0] - begun[1] < 20


def test_a_recipe_of_ones_own_gives_its_name_to_the_run(steps):
    Path("mine.yaml").write_text("name: birds\n")
    assert demo.main(["mine.yaml"]) == 0
    assert steps[-1][1][:2] == ["--model", "runs/birds/latest/model"]
    assert not Path("configs/digits.yaml").exists()


def test_a_recipe_with_less_time_than_a_minute_keeps_it(steps):
    Path("short.yaml").write_text("name: birds\nengine:\n  budget_minutes: 0.5\n")
    assert demo.main(["short.yaml", "--no-app"]) == 0
    assert steps[-1] == (demo._train, ["short.yaml"])


def test_the_page_of_a_run_with_pictures_to_look_at_has_the_tab_to_review_them(steps, monkeypatch):
    monkeypatch.setattr("vitrine.workflows.review_queue.build_queue", lambda run: SimpleNamespace(pictures=[run]))
    assert demo.main([]) == 0
    assert steps[-1][1][2:6] == ["--corrections", "corrections", "--review", "runs/digits/latest"]


def test_the_end_says_how_it_goes_on_with_ones_own_pictures(steps, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert demo.main(["--no-app"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    at = lines.index("python -m vitrine prepare configs/head_only.yaml name=own data.source=pictures")
    assert lines[at + 1 : at + 3] == [
        "python -m vitrine train configs/head_only.yaml name=own",
        "python -m vitrine app --model runs/own/latest",
    ]
    assert Path("configs/head_only.yaml").is_file()


def test_where_no_environment_is_active_the_commands_name_its_python(steps, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert demo.main(["--no-app"]) == 0
    assert f"{sys.executable} -m vitrine train configs/head_only.yaml name=own" in capsys.readouterr().out


def test_a_copy_that_was_changed_is_not_written_again(steps):
    Path("configs").mkdir()
    Path("configs/digits.yaml").write_text("name: changed\n")
    assert demo.main(["digits", "--no-app"]) == 0
    assert Path("configs/digits.yaml").read_text() == "name: changed\n"
    assert [step for step, _ in steps] == [prepare.main, demo._train]


@pytest.mark.parametrize(
    ("failing", "expected"), [(prepare.main, [prepare.main]), (demo._train, [prepare.main, demo._train])]
)
def test_the_first_step_that_fails_is_the_last(steps, failing, expected):
    steps.codes[failing] = 2
    assert demo.main([]) == 2
    assert [step for step, _ in steps] == expected


def end_parent(arguments):
    def work():
        os.kill(os.getppid(), signal.SIGTERM)  # as the system does, which knows the first process alone
        time.sleep(30)

    return run_command(work)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can only end a program on the spot")
def test_a_request_of_the_system_to_end_reaches_the_step_at_work():
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # or these tests would end here
    try:
        begun = time.monotonic()
        assert demo._run_apart(end_parent, []) == 130
        assert time.monotonic() - begun < 29
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_recipe_that_is_not_there_is_one_message_and_no_step(steps, capsys):
    assert demo.main(["digts.yaml"]) == 2
    assert "error: digts.yaml: there is no such recipe" in capsys.readouterr().err
    assert steps == []
