"""A folder for transformers.js: of networks and processors that it knows, with its deviation in the card."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.factories import SIDE, fault_of, write_tiny_resnet
from tests.predict.models import write_small_cnn
from tests.ship.test_export import LABELS, write_model
from vitrine.config.data import PreparationSection
from vitrine.models.backbones.build import build_backbone
from vitrine.predict.predictor import Predictor
from vitrine.records.model import Agreement
from vitrine.ship.engines.transformers_js import TRANSFORMERS_JS
from vitrine.ship.export import load_to_export


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_tiny_resnet(tmp_path_factory.mktemp("checkpoint"))


def write(checkpoint, folder, **preparation):
    network = build_backbone(str(checkpoint), LABELS)[0]
    model = write_model(folder / "model", network, PreparationSection(**preparation))
    made = folder / "made"
    made.mkdir()
    TRANSFORMERS_JS.write(load_to_export(str(model)), SIDE, made / TRANSFORMERS_JS.file)
    return model, made


@pytest.mark.parametrize("resize", ["squash", "crop"])
def test_the_folder_holds_what_transformers_js_reads(checkpoint, tmp_path, resize):
    model, made = write(checkpoint, tmp_path, resize=resize)
    config = json.loads((made / "config.json").read_text("utf-8"))
    assert (config["model_type"], config["id2label"]["0"]) == ("resnet", LABELS[0])
    assert str(tmp_path) not in json.dumps(config)
    processor = json.loads((made / "preprocessor_config.json").read_text("utf-8"))
    assert processor["image_processor_type"] in ("ViTImageProcessor", "BitImageProcessor")
    pixels = np.random.default_rng(0).standard_normal((3, 3, SIDE, SIDE)).astype(np.float32)
    found = TRANSFORMERS_JS.open(made / TRANSFORMERS_JS.file, ())(pixels)
    np.testing.assert_allclose(found.logits, Predictor.load(str(model)).network.run(pixels).logits, atol=1e-4)


def test_the_card_says_how_far_its_resizing_leads(monkeypatch):
    found = Agreement(pictures=77, same=75, interval=(0.91, 0.99), same_decisions=74, largest_gap=0.157)
    monkeypatch.setattr("vitrine.ship.engines.transformers_js.measure_canvas", lambda *_: found)
    said = TRANSFORMERS_JS.note(None, None)
    assert "77 of the model's test pictures got the same first answer 75 times" in said
    assert "off by up to 0.16." in said
    assert '{ dtype: "fp32" }' in said
    monkeypatch.setattr("vitrine.ship.engines.transformers_js.measure_canvas", lambda *_: None)
    assert "was not measured" in TRANSFORMERS_JS.note(None, None)


def test_what_transformers_js_does_not_know_is_refused_by_name(checkpoint, tmp_path):
    fault = fault_of(write, checkpoint, tmp_path, steps=("contrast",))
    assert "transformers.js does not know the image processor VitrineImageProcessor" in fault
    own = write_small_cnn(tmp_path / "own", PreparationSection())
    fault = fault_of(TRANSFORMERS_JS.write, load_to_export(str(own)), SIDE, Path("unused"))
    assert "transformers.js does not know networks of the type" in fault
