"""Layouts of 8 bits: what they change in a graph, and what they leave."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.ship import quantize
from vitrine.ship.export import load_to_export, trace_model
from vitrine.ship.quantize import LAYOUTS, measure_ranges, open_network, time_layouts


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return trace_model(load_to_export(str(write_small_cnn(tmp_path_factory.mktemp("model"), PreparationSection()))))


@pytest.fixture(scope="module")
def pixels(exported):
    torch.manual_seed(0)
    return torch.randn(8, 3, exported.side, exported.side).numpy()


@pytest.fixture(scope="module")
def timed(exported, pixels):
    graph, ranges = measure_ranges(exported.content, iter([pixels[:4], pixels[4:]]))
    return {one.layout: one for one in time_layouts(graph, ranges, exported.content, exported.side)}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_weights_have_7_bits_and_answers_stay_near(layout, timed, exported, pixels):
    content = timed[layout].content
    weights = [tensor for tensor in content.graph.initializer if tensor.data_type == onnx.TensorProto.INT8]
    filters = [numpy_helper.to_array(tensor) for tensor in weights if len(tensor.dims) == 4]
    assert filters
    assert max(np.abs(one.astype(int)).max() for one in filters) <= 64
    expected, found = (open_network(graph).run(pixels).logits for graph in (exported.content, content))
    assert 0 < np.abs(expected - found).max() < 0.2 * np.ptp(expected)
    assert timed[layout].share > 0
    kinds = {node.op_type for node in content.graph.node}
    assert ("QLinearConv" in kinds) != layout.pairs
    assert "Gemm" in kinds  # the head stays as it is


def test_the_quantizer_is_quiet_only_while_it_works(caplog):
    import logging

    with quantize._quiet():
        logging.warning("of ours")
    assert "of ours" in caplog.text
    assert not logging.getLogger().filters


def test_what_has_16_bits_is_stored_in_16_bits_and_nothing_else():
    generator = np.random.default_rng(0)
    halves = generator.standard_normal((300, 300)).astype(np.float16).astype(np.float32)
    tensors = {"halves": halves, "whole": generator.standard_normal((300, 300)).astype(np.float32), "small": halves[:2]}
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "halves"], ["a"]),
        onnx.helper.make_node("MatMul", ["a", "whole"], ["y"]),
    ]
    given, result = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 300]) for name in "xy")
    initializers = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = onnx.helper.make_graph(nodes, "g", [given], [result], initializers)
    content = onnx.helper.make_model(graph, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 20)])
    before = content.ByteSize()
    x = generator.standard_normal((1, 300)).astype(np.float32)
    answers = [
        quantize.open_session(one.SerializeToString()).run(None, {"x": x})[0]
        for one in (content, quantize.store_halves(content))
    ]
    assert answers[0].tolist() == answers[1].tolist()
    assert before - content.ByteSize() == pytest.approx(2 * halves.size, rel=0.01)
    assert {one.name for one in content.graph.initializer} == {"halves_half", "whole", "small"}
