"""Advice names a command as the person who started Vitrine can call it."""

import shutil
import sys

import pytest

from vitrine.invocation import command_line, spell_commands


@pytest.fixture
def clone(tmp_path):
    for name in ("train.py", "data_prep.py", "app.py"):
        (tmp_path / name).touch()
    return tmp_path


def start_as(monkeypatch, program, on_path=None):
    monkeypatch.setattr(sys, "argv", [str(program), "train"])
    monkeypatch.setattr(shutil, "which", lambda _: on_path)


def test_the_installed_program_is_named_by_its_name(monkeypatch):
    start_as(monkeypatch, "/usr/bin/vitrine", "/usr/bin/vitrine")
    assert command_line("train") == "vitrine train"
    assert command_line("push-data") == "vitrine push-data"


def test_a_program_that_is_not_on_the_path_is_named_as_it_was_called(monkeypatch):
    start_as(monkeypatch, "env/bin/vitrine")
    assert command_line("train") == "env/bin/vitrine train"


def test_the_module_is_named_for_the_module_and_for_a_notebook(monkeypatch):
    for program in ("/site/vitrine/__main__.py", "/site/ipykernel_launcher.py", "", "-c"):
        start_as(monkeypatch, program, "/usr/bin/vitrine")
        assert command_line("train") == "python -m vitrine train"


def test_a_script_of_a_clone_is_named_with_its_folder(monkeypatch, clone):
    start_as(monkeypatch, clone / "data_prep.py")
    assert command_line("train") == f"python {clone}/train.py"
    assert command_line("study") == "python -m vitrine study"
    monkeypatch.chdir(clone)
    start_as(monkeypatch, "app.py")
    assert command_line("prepare") == "python data_prep.py"


def test_an_app_of_somebody_else_is_not_taken_for_a_script_of_ours(monkeypatch, tmp_path):
    (tmp_path / "app.py").touch()
    start_as(monkeypatch, tmp_path / "app.py")
    assert command_line("train") == "python -m vitrine train"


def test_texts_that_name_commands_are_respelled_and_nothing_else_is(monkeypatch):
    start_as(monkeypatch, "/usr/bin/vitrine", "/usr/bin/vitrine")
    text = "python data_prep.py a.yaml  # then\n#  python -m vitrine find-rate a.yaml\n`python train.py`, python my.py"
    respelled = "vitrine prepare a.yaml  # then\n#  vitrine find-rate a.yaml\n`vitrine train`, python my.py"
    assert spell_commands(text) == respelled
    assert spell_commands("a model of python -m vitrinex") == "a model of python -m vitrinex"
