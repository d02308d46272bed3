"""The exact versions of a bundle."""

from importlib.metadata import version

import pytest

from tests.factories import fault_of
from vitrine.ship.pins import LIBRARIES, PYTHON, pin_libraries


def test_every_library_and_what_it_needs_has_the_version_that_is_installed_here():
    pins = pin_libraries()
    assert set(LIBRARIES) <= set(pins)
    assert {"starlette", "pydantic-core", "protobuf"} <= set(pins)  # what these need
    assert pins["gradio"] == version("gradio")
    assert list(pins) == sorted(pins)


def test_nothing_of_training_is_among_them():
    assert not {"torch", "torchvision", "transformers", "timm", "datasets", "scikit-learn", "onnx"} & set(
        pin_libraries()
    )


def test_what_other_systems_and_extras_need_is_left_out():
    pins = pin_libraries(["tqdm"], PYTHON)
    assert set(pins) == {"tqdm"}  # colorama is for Windows, requests for an extra


def test_a_library_that_is_not_installed_is_one_message():
    assert fault_of(pin_libraries, ["no-such-library"]).startswith("no-such-library is not installed here")


@pytest.mark.parametrize("part", PYTHON.split("."))
def test_the_version_of_python_is_given_in_full(part):
    assert part.isdecimal()
    assert len(PYTHON.split(".")) == 3
