"""Drawn pictures with their answers, and how near others must come to these."""

import json

import onnx
import pytest

from tests.ship.browser.pages import write_onnx
from vitrine.predict.predictor import Predictor
from vitrine.ship.golden_pictures import TOLERANCE, TOLERANCE_INT8, find_tolerance, write_golden


@pytest.mark.parametrize(("is_quantized", "tolerance"), [(False, TOLERANCE), (True, TOLERANCE_INT8)])
def test_a_network_in_whole_numbers_may_be_further_off(tmp_path, is_quantized, tolerance):
    file = write_onnx(tmp_path / "tiny.onnx")
    if is_quantized:
        content = onnx.load(file)
        name = content.graph.node[0].input[0]
        scale, zero = (onnx.helper.make_tensor(*one) for one in (("scale", 1, [], [0.02]), ("zero", 2, [], [128])))
        content.graph.initializer.extend([scale, zero])
        steps = [
            onnx.helper.make_node("QuantizeLinear", [name, "scale", "zero"], ["levels"]),
            onnx.helper.make_node("DequantizeLinear", ["levels", "scale", "zero"], ["rounded"]),
        ]
        content.graph.node[0].input[0] = "rounded"
        for place, node in enumerate(steps):
            content.graph.node.insert(place, node)
        onnx.save(content, file)
    assert find_tolerance(file) == tolerance


def test_the_stored_answers_are_those_of_the_stored_files(tmp_path):
    predictor = Predictor.load(str(write_onnx(tmp_path / "tiny.onnx")))
    written = write_golden(predictor, tmp_path, 0.5)
    assert json.loads((tmp_path / "answers.json").read_text("utf-8")) == written
    assert [one["format"] for one in written["pictures"]] == ["jpeg", "webp"]
    for one in written["pictures"]:
        (answer,) = predictor.predict_images([predictor.open_image(tmp_path / one["file"])])
        ranking = dict(zip(predictor.label_names, one["probabilities"], strict=True))
        assert dict(answer.ranking) == pytest.approx(ranking, abs=1e-6)
