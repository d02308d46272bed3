"""Reading an ONNX file; files that were exported from a model are in tests/ship/test_export.py."""

import json
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image
from transformers import ViTImageProcessor

from tests.factories import fault_of
from vitrine.errors import UserError
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.onnx import NOTES, load_onnx, open_session

SIDE = 8


def write(path, notes=None, has_similarity=False):
    """A network whose three logits are the means of red, green and blue, and whose similarity is always a half."""
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values", "axes"], ["logits"], keepdims=0),
        helper.make_node("Identity", ["logits"], ["features"]),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("logits", "features")]
    if has_similarity:
        value = helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5])
        nodes.append(helper.make_node("Constant", [], ["familiarity"], value=value))
        outputs.append(helper.make_tensor_value_info("familiarity", TensorProto.FLOAT, [1]))
    pixels = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    axes = helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])
    graph = helper.make_graph(nodes, "means", [pixels], outputs, [axes])
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)])
    if notes is not None:
        helper.set_model_props(model, {NOTES: json.dumps(notes)})
    onnx.save(model, path)
    return path


def make_notes(**changes):
    processor = build_processor(SIDE, CENTERED).to_dict()
    return {"label_names": ["red", "green", "blue"], "metadata": None, "processor": processor} | changes


def test_outputs_are_those_of_the_graph_and_features_are_not_asked_for(tmp_path):
    network = load_onnx(write(tmp_path / "m.onnx", make_notes())).network
    pixels = torch.arange(2 * 3 * SIDE * SIDE, dtype=torch.float64).reshape(2, 3, SIDE, SIDE)
    found = network.run(pixels)
    np.testing.assert_allclose(found.logits, pixels.mean(dim=(2, 3)).numpy(), rtol=1e-6)
    assert found.similarity is None
    assert network.on_processor


@pytest.mark.parametrize(("threads", "expected"), [(1, 1), (None, os.cpu_count())])
def test_a_session_computes_with_as_many_threads_as_it_was_opened_for(tmp_path, threads, expected):
    network = load_onnx(write(tmp_path / "m.onnx", make_notes()), threads).network
    assert network.count_threads() == expected
    assert network.session.get_session_options().intra_op_num_threads == (threads or 0)


def test_similarity_is_read_where_the_file_measures_it(tmp_path):
    network = load_onnx(write(tmp_path / "m.onnx", make_notes(), has_similarity=True)).network
    assert network.run(torch.zeros(1, 3, SIDE, SIDE)).similarity.tolist() == [0.5]


def test_a_file_names_its_labels_and_preprocesses_as_its_notes_say(tmp_path):
    predictor = Predictor.load(str(write(tmp_path / "m.onnx", make_notes())))
    assert predictor.label_names == ("red", "green", "blue")
    assert predictor.metadata is None
    assert predictor.predict(Image.new("RGB", (30, 20), (0, 0, 255)), top_k=1)[0][0] == "blue"


@pytest.mark.parametrize(
    ("write_file", "message"),
    [
        (lambda path: None, "there is no such ONNX file"),
        (lambda path: path.write_text("hello"), "cannot be read as an ONNX file"),
        (write, "says nothing about its labels and preparation"),
        (lambda path: write(path, make_notes(metadata={"name": 3})), "m.onnx, its notes"),
    ],
    ids=["missing", "text", "of another maker", "broken notes"],
)
def test_what_is_no_file_of_ours_is_one_message(tmp_path, write_file, message):
    write_file(tmp_path / "m.onnx")
    with pytest.raises(UserError, match=message):
        load_onnx(tmp_path / "m.onnx")


def test_a_file_is_asked_and_served_without_torch_and_transformers(tmp_path):
    write(tmp_path / "m.onnx", make_notes())
    Image.new("RGB", (30, 20), (0, 0, 255)).save(tmp_path / "blue.png")
    program = f"""
import sys
from vitrine.app.page import PageParts, build_interface
import vitrine.app.server
from vitrine.commands.predict import main
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import load_texts
assert main([{str(tmp_path / "m.onnx")!r}, {str(tmp_path / "blue.png")!r}]) == 0
build_interface(PageParts.of(Predictor.load({str(tmp_path / "m.onnx")!r})), "http://x", load_texts("en"))
print(sorted({{"torch", "torchvision", "transformers"}} & sys.modules.keys()))
"""
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert f"{tmp_path / 'blue.png'},,blue,blue," in lines
    assert lines.splitlines()[-1] == "[]"


def test_the_processor_of_others_has_one_thread_and_torch_keeps_its_own(tmp_path, monkeypatch):
    processor = make_notes()["processor"] | {"resample": 2}  # not one of the three of NumPy
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        seen, resize = [], ViTImageProcessor.resize
        monkeypatch.setattr(
            ViTImageProcessor, "resize", lambda *a, **k: seen.append(torch.get_num_threads()) or resize(*a, **k)
        )
        predictor = Predictor.load(str(write(tmp_path / "m.onnx", make_notes(processor=processor))))
        predictor.predict(Image.new("RGB", (30, 20)))
        assert (set(seen), torch.get_num_threads()) == ({1}, 3)
    finally:
        torch.set_num_threads(usual)


def test_a_missing_onnxruntime_is_named(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "vitrine.predict.runtimes.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    message = fault_of(Predictor.load, str(tmp_path / "m.onnx"))
    assert message == "an ONNX file needs onnxruntime, which is not installed; `pip install onnxruntime`"


def test_a_gpu_computes_in_whole_float32(monkeypatch):
    """No GPU is needed to see what it is asked for."""
    opened = []
    names = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, providers: opened.append(providers))
    open_session("model.onnx")
    assert opened == [[("CUDAExecutionProvider", {"use_tf32": "0"}), ("CPUExecutionProvider", {})]]
