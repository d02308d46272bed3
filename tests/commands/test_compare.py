"""`python -m vitrine compare`: exit codes and what a person reads."""

from pathlib import Path

import pytest

from tests.experiments.conftest import colors, write_comparison  # noqa: F401 (fixtures)
from vitrine.commands import compare as command
from vitrine.commands import runs as runs_command


@pytest.fixture
def call(write_comparison, capsys):  # noqa: F811
    """A function that writes a comparison and runs the command on it: (exit code, output, errors)."""

    def run(text, *arguments):
        return command.main([str(write_comparison(text)), *arguments]), *capsys.readouterr()

    return run


def test_a_wrong_parameter_is_refused_before_the_first_run(call):
    code, _, errors = call("variants: {a: {}, b: {optim.epoch: 3}}\n")
    assert code == 2
    assert "variants.b: optim.epoch: unknown name; did you mean optim.epochs?" in errors
    assert not Path("runs").exists()


@pytest.mark.slow
def test_runs_are_told_one_line_each_and_the_answer_at_the_end(call, capsys):
    text = "seeds: [0]\nvariants: {plain: {}, wide: {'model.small_cnn.filters': [6]}}\n"
    code, output, _ = call(text, "--language", "fr")
    assert code == 0
    assert "[1 of 2] plain, seed 0: test accuracy" in output
    assert "wide face à plain" in output
    assert '<html lang="fr">' in Path("runs/trial/comparison.html").read_text("utf-8")
    code, output, _ = call(text, "--show")
    assert code == 0
    assert "[1 of 2]" not in output
    assert "wide against plain" in output
    assert runs_command.main(["--csv"]) == 0
    listed = capsys.readouterr().out
    assert "trial/plain" in listed
    assert "trial/wide" in listed


def test_a_failed_run_gives_another_exit_code(call, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("{}")
    code, output, _ = call(f"seeds: [0]\nvariants: {{lost: {{model.backbone: {tmp_path / 'empty'}}}}}\n")
    assert code == 1
    assert "lost, seed 0: failed: " in output
    assert "No training is done yet." in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--workers", "0"], "--workers: must be at least 1"), (["other.yaml"], "one comparison")],
)
def test_a_mistake_on_the_command_line_is_named(call, arguments, expected):
    code, _, errors = call("variants: {a: {}}\n", *arguments)
    assert (code, expected in errors) == (2, True)


def test_nothing_is_prepared_to_show_what_is_done(write_comparison, capsys):  # noqa: F811
    path = write_comparison("variants: {a: {}}\n", is_prepared=False)
    assert command.main([str(path), "--show"]) == 2
    assert "is not prepared yet" in capsys.readouterr().err
