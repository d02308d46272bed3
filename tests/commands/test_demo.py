"""`python -m vitrine demo`: which recipe is taken, which steps follow, and where they end."""

from pathlib import Path

import pytest

from vitrine.commands import app, demo, prepare, train


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """The steps that were taken, in an empty folder; `steps.codes` are the exit codes of prepare and train."""

    class Steps(list):
        def __init__(self):
            self.codes = {prepare.main: 0, train.main: 0}

    taken = Steps()

    def run_apart(step, arguments):
        taken.append((step, arguments))
        return taken.codes[step]

    def serve(arguments):
        taken.append((app.main, arguments))
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "_run_apart", run_apart)
    monkeypatch.setattr(app, "main", serve)
    return taken


def test_the_digits_are_prepared_trained_and_shown(steps):
    served = app.main
    assert demo.main(["--port", "7000"]) == 0
    assert steps == [
        (prepare.main, ["configs/digits.yaml"]),
        (train.main, ["configs/digits.yaml"]),
        (served, ["--model", "runs/digits/latest/model", "--port", "7000"]),
    ]
    assert Path("configs/digits.yaml").is_file()


def test_a_recipe_of_ones_own_gives_its_name_to_the_run(steps):
    Path("mine.yaml").write_text("name: birds\n")
    assert demo.main(["mine.yaml"]) == 0
    assert steps[-1][1][:2] == ["--model", "runs/birds/latest/model"]
    assert not Path("configs").exists()


def test_a_copy_that_was_changed_is_not_written_again(steps):
    Path("configs").mkdir()
    Path("configs/digits.yaml").write_text("name: changed\n")
    assert demo.main(["digits", "--no-app"]) == 0
    assert Path("configs/digits.yaml").read_text() == "name: changed\n"
    assert [step for step, _ in steps] == [prepare.main, train.main]


@pytest.mark.parametrize(
    ("failing", "expected"), [(prepare.main, [prepare.main]), (train.main, [prepare.main, train.main])]
)
def test_the_first_step_that_fails_is_the_last(steps, failing, expected):
    steps.codes[failing] = 2
    assert demo.main([]) == 2
    assert [step for step, _ in steps] == expected


def test_a_recipe_that_is_not_there_is_one_message_and_no_step(steps, capsys):
    assert demo.main(["digts.yaml"]) == 2
    assert "error: digts.yaml: there is no such recipe" in capsys.readouterr().err
    assert steps == []
