"""The data set that trainings share; what is there stays as it is."""

import pytest

from tests.factories import prepare, write_colored_classes, write_tiny_resnet


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """Three classes of twenty pictures that a colour tells apart, for reading only."""
    folder = tmp_path_factory.mktemp("colours")
    return prepare(write_colored_classes(folder / "source"), folder / "prepared" / "colours")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """The folder of a tiny pretrained network, for reading only."""
    return write_tiny_resnet(tmp_path_factory.mktemp("checkpoint") / "tiny")
