"""A bundle is installed, started and asked before anybody sees it."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.factories import fault_of
from tests.ship.test_bundle import MODEL
from vitrine.predict.predictor import Predictor
from vitrine.records.model import ModelMetadata
from vitrine.ship import bundle_trial
from vitrine.ship.bundle import build_bundle
from vitrine.ship.bundle_trial import Trial, try_bundle

MOST_BYTES, MOST_MEMORY = 500_000_000, 400_000_000


@pytest.fixture
def here(monkeypatch):
    """Takes this environment for the new one: what is installed is tried by the slow test."""
    monkeypatch.setattr(bundle_trial, "_install", lambda bundle, environment: Path(sys.executable))


def write_app(folder, text):
    folder.mkdir()
    (folder / "app.py").write_text(text)
    return folder


def test_a_bundle_that_does_not_start_is_one_message_with_its_last_words(here, tmp_path):
    bundle = write_app(tmp_path / "bundle", "raise SystemExit('the model is gone')")
    assert fault_of(try_bundle, bundle) == "the bundle does not start (the model is gone)"


@pytest.mark.slow
def test_what_cannot_be_installed_is_one_message(tmp_path):
    bundle = write_app(tmp_path / "bundle", "")
    (bundle / "requirements.txt").write_text("not a requirement ==\n")
    assert "requirements.txt cannot be installed (" in fault_of(try_bundle, bundle)


def test_its_figures_are_one_line():
    assert Trial(469_000_000, 195_000_000, 4.04).words == (
        "tried: 469 MB installed, 195 MB of memory, answers 4.0 s after its start"
    )


@pytest.mark.slow
@pytest.mark.network
def test_a_bundle_is_small_and_answers_as_the_model_does(tmp_path):
    trial = try_bundle(build_bundle(str(MODEL), tmp_path / "space").folder)
    assert trial.environment_bytes <= MOST_BYTES
    assert trial.memory_bytes <= MOST_MEMORY
    assert not list((tmp_path / "space").rglob("__pycache__"))


@pytest.mark.slow
def test_it_tells_no_folder_of_this_machine(tmp_path):
    model = tmp_path / "model"
    shutil.copytree(MODEL, model)
    metadata = ModelMetadata.read(model / "vitrine.json")
    recipe = metadata.recipe | {"data": metadata.recipe["data"] | {"source": "/srv/secret/birds"}}
    metadata.model_copy(update={"recipe": recipe}).write(model / "vitrine.json")
    bundle = build_bundle(str(model), tmp_path / "space", with_examples=False)
    assert b"secret" not in (bundle.folder / "model.onnx").read_bytes()
    assert Predictor.load(str(bundle.folder / "model.onnx")).metadata.recipe["data"]["source"] == "birds"
    assert (bundle.examples, (bundle.folder / "examples").exists()) == (0, False)


def test_a_bundle_that_says_nothing_is_not_waited_for_without_end(here, tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.ship.bundle_trial.START_SECONDS", 1)
    bundle = write_app(tmp_path / "bundle", "import time; time.sleep(600)")
    assert fault_of(try_bundle, bundle) == "the bundle does not start (without a word)"
