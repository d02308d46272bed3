"""Class activation maps of an ONNX file are those of the model that it was made from."""

import numpy as np
import onnx
import pytest
from PIL import Image

from tests.predict.models import LABELS, write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.errors import UserError
from vitrine.explain.class_maps import class_activation_map, tells_its_map
from vitrine.explain.explainer import Explainer
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.onnx import MAP_OUTPUTS
from vitrine.records.onnx_checksum import seal
from vitrine.ship.export import export_onnx


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_cnn(tmp_path_factory.mktemp("model"), PreparationSection())


@pytest.fixture(scope="module")
def explainer(folder):
    return Explainer(export_onnx(str(folder), folder.parent / "small.onnx"))


@pytest.fixture
def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))


@pytest.mark.parametrize("label_name", LABELS)
def test_they_are_those_of_the_model_folder(folder, explainer, picture, label_name):
    own = Explainer(Predictor.load(str(folder))).explain(picture, label_name, "hirescam")
    found = explainer.explain(picture, label_name)
    assert found.method == "hirescam"
    assert own.importance.any()
    np.testing.assert_allclose(found.importance, own.importance, atol=1e-4)


def test_such_a_map_is_measured_beside_its_controls_alone(explainer, picture):
    verdict = explainer.judge(explainer.explain(picture))
    assert set(verdict.controls) == {"random", "centre"}
    assert verdict.random_weights is None


def test_where_nothing_speaks_for_a_class_the_map_is_empty():
    class Silent:
        has_class_maps = True

        def class_maps(self, pixel_values):
            return -np.ones((len(pixel_values), 2, 3, 3), np.float32), np.ones((1, 2), np.float32)

    assert tells_its_map(Silent())
    assert not class_activation_map(Silent(), np.zeros((1, 3, 8, 8), np.float32), 0).any()


def test_other_methods_of_activations_and_files_of_before_are_refused_in_words(explainer, picture, folder):
    with pytest.raises(UserError, match="take the method hirescam"):
        explainer.explain(picture, method="layercam")
    content = onnx.load(folder.parent / "small.onnx")
    kept = [output for output in content.graph.output if output.name not in MAP_OUTPUTS]
    del content.graph.output[:]
    content.graph.output.extend(kept)
    (folder.parent / "before.onnx").write_bytes(seal(content))
    before = Explainer(Predictor.load(str(folder.parent / "before.onnx")))
    assert before.default_method == "occlusion"
    with pytest.raises(UserError, match="take the method occlusion"):
        before.explain(picture, method="hirescam")
