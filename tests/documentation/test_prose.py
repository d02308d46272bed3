"""Commands and calls that stand in the sentences and tables of pages, between backticks, do what they say.

Each is given as it stands, in a folder that holds what pages speak of, with pictures, a run and so on in the place of
PICTURES and MODEL; one that is named with an option alone gets what it asks for besides (`prose.ASKED`). What a block
has, too, is run by test_examples.py. What is not run is held to the truth by the test that `blocks.ELSEWHERE` names.
"""

import importlib.util
import json
import re
import shlex
import shutil
import tomllib
import webbrowser
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path

import datasets
import fsspec
import pandas as pd
import pytest

import vitrine
from tests.documentation.blocks import ELSEWHERE, NOT_OURS, ROOT
from tests.documentation.programs import Programs
from tests.documentation.prose import RUN, block_lines, calls, commands, options, stand_in
from tests.documentation.prose_workplace import fill_store, write_prose_workplace
from tests.documentation.running import Reader, missing_extra
from tests.documentation.workplace import use_tiny
from tests.hub_fixtures import hub
from vitrine.commands import COMMANDS
from vitrine.data.images.decoding import Rendering, open_image
from vitrine.ship import int8

__all__ = ["hub"]
LINES = commands()
TYPED = [line for line in LINES if line.startswith(("vitrine ", "torchrun "))]
OTHERS = [shlex.split(line) for line in LINES if line not in TYPED]
# To prove 8 bits on 48 pictures, of which one is 2 %.
FEW = {"CALIBRATION_PICTURES": 12, "LEAST_CALIBRATION": 6, "LEAST_PICTURES": 15, "LEAST_SAME": 0.9}
OPTIONS_OF_OTHERS = {"--strict", "--ntasks", "--gpus-per-task", "--node_rank", "--flavor"}  # mypy, Slurm, torchrun, hf


def test_commands_and_calls_are_found():
    assert len(TYPED) >= 50
    assert len(calls()) >= 15


@pytest.mark.parametrize("words", OTHERS, ids=shlex.join)
def test_a_program_beside_vitrine_is_one_that_a_test_looks_at(words):
    if words[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(words[2])
    else:
        assert words[0] in (*ELSEWHERE, *NOT_OURS)


@pytest.mark.parametrize("test", sorted(set(ELSEWHERE.values())))
def test_a_test_that_stands_for_a_run_is_there(test):
    file, name = test.split("::")
    assert f"\ndef {name}(" in (ROOT / file).read_text("utf-8")


def test_what_a_page_installs_is_there_to_be_installed():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["dynamic"]
    required = " ".join(path.read_text("utf-8") for path in ROOT.glob("requirements*.txt"))
    for _, _, *given in (words for words in OTHERS if words[0] == "pip" and "VERSION+cpu" not in words[-1]):
        if given[:1] == ["-r"]:
            assert (ROOT / given[1]).exists()
        for name in (word for word in given if given[0] != "-r"):
            extra = re.search(r"\[(\w+)\]", name)
            assert extra[1] in extras["optional-dependencies"] if extra else re.search(rf"\b{name}\b", required), name


def test_an_option_that_stands_alone_is_given_in_a_line_of_a_page_or_in_a_test():
    parsers = [import_module(f"vitrine.commands.{name.replace('-', '_')}").build_parser() for name in COMMANDS]
    known = {option for parser in parsers for action in parser._actions for option in action.option_strings}
    files = [path for path in ROOT.glob("tests/**/test_*.py") if path.parent != Path(__file__).parent]
    given = {word for line in (*TYPED, *block_lines()) for word in line.split()}
    given |= {word for path in files for word in re.findall(r"--[a-z][a-z_-]+", path.read_text("utf-8"))}
    assert options() - OPTIONS_OF_OTHERS <= known & given


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        return write_prose_workplace(tmp_path_factory.mktemp("prose"), patched)


@pytest.fixture
def here(workplace, tmp_path, monkeypatch):
    """A copy of the folder, which is the current one."""
    folder = tmp_path / "here"
    shutil.copytree(workplace, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("VITRINE_PASSWORD", "a long password")
    for name, count in FEW.items():
        monkeypatch.setattr(int8, name, count)
    store = fill_store(folder)
    yield folder
    store.rm("/bucket", recursive=True)


@pytest.mark.slow
@pytest.mark.parametrize("line", TYPED, ids=lambda line: f"{LINES[line]}: {line}")
def test_a_command_in_a_sentence_can_be_given(line, here, hub, monkeypatch):
    words = shlex.split(line)
    extra = missing_extra(words)
    if extra:
        pytest.skip(f"the extra {extra} is not installed")
    if "ranks" in words:  # as torchrun starts the only one
        monkeypatch.setenv("RANK", "0")
        monkeypatch.setenv("WORLD_SIZE", "1")
    with Programs(here) as programs:
        reader = Reader(here, monkeypatch, [], programs, hub)
        with pytest.raises(SystemExit, match=r"^0$") if "--help" in words else nullcontext():
            reader.type(words)


@pytest.mark.slow
@pytest.mark.parametrize("call", calls())
def test_a_call_in_a_sentence_can_be_made(call, here, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    Path("corrections.csv").write_text("action,file,label_name,new_label\nadd,photo.jpg,,Maltese\n", "utf-8")
    names = {name: getattr(vitrine, name) for name in vitrine.__all__} | {
        "vitrine": vitrine, "pd": pd, "json": json, "fsspec": fsspec, "load_dataset": datasets.load_dataset,
        "open_image": open_image, "Rendering": Rendering, "source": "pictures/dogs",
        "data": vitrine.DataSet.open("prepared/dogs"), "report": vitrine.Run.open(RUN).report,
        "run": "models/dogs" if "retrain" in call else RUN, "corrections": "corrections.csv",
        "variants": {"short": {"epochs": 1}, "long": {"epochs": 2}},
        "model": "models/dogs" if "roll_back" in call else vitrine.load(RUN),
        "compare": partial(vitrine.compare, seeds=[0]),
    }  # fmt: skip
    eval(use_tiny(stand_in(call), here), names)  # noqa: S307 (our own documentation)
    assert len(opened) == ("open()" in call)
