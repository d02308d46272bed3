"""A data set and a backbone that several commands work on."""

import pytest

from tests.factories import prepare, write_colored_classes, write_tiny_resnet


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    """A prepared data set and a backbone, for reading only."""
    folder = tmp_path_factory.mktemp("material")
    prepare(write_colored_classes(folder / "source"), folder / "prepared" / "colours")
    write_tiny_resnet(folder / "tiny")
    return folder


@pytest.fixture
def workplace(material, tmp_path, monkeypatch):
    """The current folder, with the material in it."""
    (tmp_path / "prepared").symlink_to(material / "prepared")
    (tmp_path / "tiny").symlink_to(material / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path
