"""What tests of sources need."""

import zipfile
from pathlib import Path

import pytest

from vitrine.data.sources.builtin import write_digits


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with three pictures, within a folder that holds a secret."""
    folder = tmp_path / "shop"
    (folder / "a").mkdir(parents=True)
    for file in ("a/1.png", "a/2.png", "3.png"):
        (folder / file).write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return folder


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in digits. What is there stays as it is."""
    return write_digits(tmp_path_factory.mktemp("builtin") / "data" / "digits")


@pytest.fixture
def tree(tmp_path):
    """A function that makes empty files below `source`."""

    def make(*files):
        for file in files:
            (tmp_path / "source" / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "source" / file).touch()
        return tmp_path / "source"

    return make


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def zipped(tmp_path):
    def make(*files, name="pets.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as opened:
            for file in files:
                opened.writestr(file, "content")
        return tmp_path / name

    return make
