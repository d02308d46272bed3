"""The page about the five systems: each command runs on small pictures, and the numbers that it states are right."""

import re
from importlib import import_module

import pytest

from tests.documentation.blocks import ROOT
from tests.documentation.running import Reader, split_command
from tests.documentation.systems import read_rows, write_pictures
from tests.documentation.workplace import write_workplace

ROWS = read_rows()
SYSTEMS = ("S1", "S2", "S3", "S4", "S5")
QUICK = ("summary", "backbones")  # need no pictures
COUNT = re.compile(r"([\d,]{5,}) (?:trained )?parameters")


def command_of(words):
    command, arguments = split_command(list(words))
    return import_module(f"vitrine.commands.{command}"), arguments


QUICK_ROWS = [
    row for row in ROWS if split_command(list(row.commands[0]))[0] in QUICK and "--measure" not in row.commands[0]
]


def test_every_system_has_rows_and_every_row_a_command():
    assert {row.system for row in ROWS} == set(SYSTEMS)
    assert all(row.commands for row in ROWS)


@pytest.mark.parametrize("system", ["s1", "s2", "s3", "s4", "s5"])
def test_every_recipe_comparison_and_search_of_a_system_is_named(system):
    named = {word for row in ROWS for words in row.commands for word in words}
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.glob(f"configs/**/*{system}*.yaml")]
    assert len(files) >= 3
    assert set(files) <= named


@pytest.mark.parametrize("row", QUICK_ROWS, ids=lambda row: row.what[:40])
def test_a_network_has_the_parameters_that_the_page_states(row, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    module, arguments = command_of(row.commands[0])
    arguments = [str(tmp_path / word) if word.endswith(".svg") else word for word in arguments]
    assert module.main(arguments) == 0
    printed = capsys.readouterr().out
    for count in COUNT.findall(row.what):
        assert count in printed


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_commands_of_a_system_run_one_after_the_other(system, tmp_path, monkeypatch):
    if system == "S5":
        pytest.importorskip("shap", reason="the extra shap is not installed: pip install -r requirements-shap.txt")
    write_pictures(write_workplace(tmp_path))
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, monkeypatch, [])
    for row in ROWS:
        for words in row.commands if row.system == system else ():
            reader.type(list(words))
