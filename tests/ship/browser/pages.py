"""A tiny ONNX file as `export` writes them, made without torch, and a server for pages."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vitrine.predict.runtimes.onnx import NOTES, OUTPUTS
from vitrine.records.model import ModelMetadata, Trust

# One name is markup, one a template of the page's own sentences: none may be more than text.
LABELS = ("red", "<b>green</b>", "{picture} blue")
SIDE = 32
CHANNELS = 8
SQUASH = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": SIDE, "width": SIDE},
    "resample": 3,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "color_profiles": "apply",
}
TRUST = Trust(precision=0.95, confidence_threshold=0.6, similarity_threshold=0.0, neighbors=1)


def write_onnx(file: Path, processor: dict[str, Any] = SQUASH, trust: Trust | None = TRUST, weight: float = 6) -> Path:
    """A convolution, the mean of its results, a linear layer; similarity is the cosine to one direction."""
    draw = np.random.default_rng(0).normal
    tensors = {
        "kernel": draw(size=(CHANNELS, 3, 3, 3)),
        "linear": weight * draw(size=(CHANNELS, len(LABELS))),
        "reference": draw(size=(CHANNELS, 1)),
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("Conv", ["pixel_values", "kernel"], ["seen"], strides=[2, 2]),
        helper.make_node("Relu", ["seen"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["mean"]),
        helper.make_node("Flatten", ["mean"], [OUTPUTS[1]]),
        helper.make_node("MatMul", [OUTPUTS[1], "linear"], [OUTPUTS[0]]),
        helper.make_node("ReduceL2", [OUTPUTS[1], "axis"], ["length"]),
        helper.make_node("Div", [OUTPUTS[1], "length"], ["direction"]),
        helper.make_node("MatMul", ["direction", "reference"], ["cosine"]),
        helper.make_node("ReduceSum", ["cosine", "axis"], [OUTPUTS[2]], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["pictures", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in OUTPUTS],
        [numpy_helper.from_array(_to_type(values), name) for name, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    notes = {"label_names": LABELS, "processor": processor, "metadata": metadata(trust).model_dump(mode="json")}
    model.metadata_props.add(key=NOTES, value=json.dumps(notes))
    onnx.save(model, file)
    return file


def _to_type(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind == "i" else values.astype(np.float32)


def metadata(trust: Trust | None) -> ModelMetadata:
    return ModelMetadata(
        vitrine_version="0.1.0",
        name="Colours & <shapes>",
        created="2026-11-03T09:30:00+00:00",
        backbone="small_cnn",
        label_names=list(LABELS),
        image_size=SIDE,
        training_pictures=1200,
        test_pictures=200,
        test_accuracy=0.97,
        test_accuracy_interval=(0.936, 0.986),
        test_macro_f1=0.96,
        examples=[],
        recipe={"data": {"source": "/home/ann/secret"}},
        trust=trust,
    )


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves a folder as `python -m http.server` does; yields its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
