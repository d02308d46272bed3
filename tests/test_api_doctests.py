"""The examples in the docstrings of the Python API do what they say."""

import doctest
from importlib import import_module

import pytest

from tests.factories import write_tiny_resnet
from tests.small_pictures import write_three_colors

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = ("prepare", "study", "train", "run", "model", "evaluation_page", "compare")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    write_three_colors(folder / "pictures/colours")
    write_tiny_resnet(folder / "tiny")
    return folder


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_do_what_they_say(workplace, monkeypatch, name):
    monkeypatch.chdir(workplace)
    result = doctest.testmod(import_module(f"vitrine.workflows.{name}"), optionflags=OPTIONS)
    assert result.attempted >= 3
    assert result.failed == 0
