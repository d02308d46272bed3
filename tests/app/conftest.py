from pathlib import Path

import pytest

from tests.app.models import serving, write_model
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
