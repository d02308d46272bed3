"""The examples in the docstrings of the Python API do what they say."""

import doctest
from importlib import import_module

import pytest

from tests.factories import write_tiny_resnet

MODULES = ("prepare", "study", "train", "run", "model", "evaluation_page", "compare")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "compare")) for name in MODULES]
)
def test_examples_in_the_docstrings_do_what_they_say(colors_workplace, monkeypatch, name):
    monkeypatch.chdir(colors_workplace)
    if name == "study":
        write_tiny_resnet(colors_workplace / "tiny")
    result = doctest.testmod(import_module(f"vitrine.workflows.{name}"))
    assert result.attempted >= 3
    assert result.failed == 0
