"""How near a browser must come to the stored answers."""

import onnx
import pytest

from tests.ship.browser.pages import write_onnx
from vitrine.predict.predictor import Predictor
from vitrine.ship.browser.golden import TOLERANCE, TOLERANCE_INT8, write_golden


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
    assert write_golden(Predictor.load(str(file)), tmp_path)["tolerance"] == tolerance
