"""Maps of the pictures that a model brings along, made beforehand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.explain.example_maps import add_maps
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor
from vitrine.records.model import Example


@pytest.fixture(scope="module")
def explainer(tmp_path_factory):
    folder = write_small_cnn(tmp_path_factory.mktemp("model"), PreparationSection())
    return Explainer(Predictor.load(str(folder)))


@pytest.fixture
def example(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    (tmp_path / "examples").mkdir()
    Image.fromarray(noise).save(tmp_path / "examples/000.png")
    return Example(file="examples/000.png", label_name="red")


@pytest.mark.parametrize("is_trusted", [True, False])
def test_the_map_of_the_likeliest_class_lies_beside_the_picture_with_its_verdict(
    explainer, example, tmp_path, monkeypatch, is_trusted
):
    monkeypatch.setattr(Explainer, "judge", lambda *_: SimpleNamespace(is_trusted=is_trusted, random_weights=None))
    (found,) = add_maps(explainer, tmp_path, [example])
    assert found.model_copy(update={"map": None}) == example
    image = explainer.predictor.open_image(tmp_path / "examples/000.png")
    explained = explainer.explain(image, method="hirescam" if is_trusted else "occlusion")
    assert found.map.model_dump() == {
        "file": "examples/000.map.png",
        "label_name": explained.label_name,
        "is_trusted": is_trusted,
        "random_weights_tried": False,
    }
    drawn = explainer.draw(image, explained)
    assert np.array_equal(np.asarray(Image.open(tmp_path / found.map.file)), np.asarray(drawn))


def test_a_picture_in_which_nothing_speaks_for_its_class_stays_without(explainer, example, tmp_path, monkeypatch):
    real = Explainer.explain
    monkeypatch.setattr(
        Explainer, "explain", lambda *given, **also: replace(real(*given, **also), importance=np.zeros((32, 32)))
    )
    assert add_maps(explainer, tmp_path, [example]) == [example]
    assert [path.name for path in (tmp_path / "examples").iterdir()] == ["000.png"]
