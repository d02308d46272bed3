"""`python -m vitrine`, `vitrine`: the list of commands, the version, words that are no command."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from vitrine import __version__
from vitrine.__main__ import main
from vitrine.commands import COMMANDS, INTERRUPTED

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "datasets", "accelerate", "pandas", "PIL", "sklearn", "matplotlib", "pydantic")


@pytest.fixture
def vitrine(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["/site/vitrine/__main__.py", *words])
        return main(), *capsys.readouterr()

    return call


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_every_command_is_listed_with_what_it_does(vitrine, words):
    code, output, _ = vitrine(*words)
    assert code == 0
    assert output.startswith("usage: python -m vitrine COMMAND [--help]\n")
    for name, purpose in COMMANDS.items():
        assert f"\n  {name:<15} {purpose}\n" in output
    assert max(map(len, output.splitlines())) <= 95


def test_every_command_has_a_parser_whose_help_says_how_it_is_called():
    for name in COMMANDS:
        parser = import_module(f"vitrine.commands.{name.replace('-', '_')}").build_parser()
        assert parser.format_usage().startswith(f"usage: python -m vitrine {name} ["), name


def test_a_ctrl_c_while_libraries_are_imported_ends_a_command_without_a_traceback(monkeypatch, capsys):
    def interrupt(name):
        assert name == "vitrine.commands.train"
        raise KeyboardInterrupt

    monkeypatch.setattr("vitrine.__main__.import_module", interrupt)
    assert main("train") == INTERRUPTED
    assert capsys.readouterr().err == "\nstopped\n"


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_told(vitrine, word):
    assert vitrine(word) == (0, f"vitrine {__version__}\n", "")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("trian", "error: there is no command 'trian'; did you mean train?\n"),
        ("learning_curve", "error: there is no command 'learning_curve'; did you mean learning-curve?\n"),
        ("zzz", "error: there is no command 'zzz'; there are demo, recipes, prepare, "),
    ],
)
def test_a_word_that_is_no_command_gets_the_nearest_one(vitrine, word, message):
    code, output, errors = vitrine(word)
    assert (code, output) == (2, "")
    assert errors.startswith(message)


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_list_of_commands_waits_for_no_library(word):
    program = (
        "import sys; from vitrine.__main__ import main\n"
        f"sys.argv = ['vitrine', {word!r}]; main()\n"
        f"sys.exit(', '.join(set({HEAVY!r}) & set(sys.modules)) or None)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, f"loaded: {answer.stderr}"


@pytest.mark.parametrize(
    ("words", "buffered"), [(["--help"], ""), (["--help"], "1"), (["predict", "--help"], ""), (["recipes"], "")]
)
def test_a_reader_that_has_seen_enough_ends_what_is_printed_without_a_word(words, buffered):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        answer = subprocess.run(
            [sys.executable, "-m", "vitrine", *words], cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": buffered}, timeout=60, check=False,
        )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, "")
