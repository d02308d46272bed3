from pathlib import Path

import pytest
from gradio_client import Client

from tests.app.models import noise, serving, write_model
from vitrine.predict.predictor import Predictor


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="session")
def predictor(model_folder: Path) -> Predictor:
    return Predictor.load(str(model_folder))


@pytest.fixture(scope="module")
def address(model_folder):
    with serving(model_folder) as address:
        yield address


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "picture.jpg"
    noise(8).save(path)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where Gradio keeps uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path
