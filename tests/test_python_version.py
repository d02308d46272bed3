"""A Python that is too old says so, and reads the files that it meets before that."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.python_version import check_python

ROOT = Path(__file__).parent.parent
READ_FIRST = ("vitrine/__init__.py", "vitrine/python_version.py", "train.py", "data_prep.py", "app.py", "setup.py")


@pytest.mark.parametrize("name", READ_FIRST)
def test_what_an_old_python_reads_first_keeps_to_its_syntax(name):
    ast.parse((ROOT / name).read_text("utf-8"), feature_version=(3, 8))


def test_the_version_is_checked_before_anything_else_of_vitrine_is_imported():
    tree = ast.parse((ROOT / "vitrine/__init__.py").read_text("utf-8"))
    # A docstring and `from __future__` come before everything else by the rules of the language.
    statements = [ast.unparse(node) for node in tree.body[2:4]]
    assert statements == ["from vitrine.python_version import check_python", "check_python()"]


def test_an_import_in_an_old_python_fails_with_one_clear_message():
    with pytest.raises(ImportError, match=r"Vitrine needs Python 3\.11 or newer, and this is Python 3\.8 \(.+\); make"):
        check_python((3, 8), "ipykernel_launcher.py")


@pytest.mark.parametrize("program", ["-m", "train.py", "clone/data_prep.py", "/usr/bin/vitrine"])
def test_a_program_of_vitrine_in_an_old_python_ends_with_the_message_and_no_traceback(program, capsys):
    with pytest.raises(SystemExit) as leaving:
        check_python((3, 10), program)
    assert leaving.value.code == 2
    assert capsys.readouterr().err.startswith("error: Vitrine needs Python 3.11 or newer, and this is Python 3.10")


def test_a_python_that_is_new_enough_goes_on():
    check_python((3, 11), "train.py")
    check_python((4, 0), "train.py")


def test_the_metadata_ask_for_the_same_python():
    assert '\nrequires-python = ">=3.11"\n' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code"), [(["-m", "vitrine", "train"], 2), (["train.py"], 2), (["-c", "import vitrine"], 1)]
)
def test_a_python_that_is_told_to_be_too_old_prints_the_message_however_vitrine_is_started(words, code, tmp_path):
    (tmp_path / "vitrine").mkdir()
    for name in ("vitrine/__init__.py", "vitrine/python_version.py", "train.py"):
        text = (ROOT / name).read_text("utf-8").replace("NEEDED = (3, 11)", "NEEDED = (9, 1)")
        (tmp_path / name).write_text(text, "utf-8")
    answer = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == code
    assert "Vitrine needs Python 9.1 or newer, and this is Python 3." in answer.stderr
    assert (len(answer.stderr.splitlines()) == 1) == (code == 2)
