"""A tiny ONNX file as `export` writes them, made without torch, and a server for pages."""

import functools
import http.server
import json
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

from vitrine.predict.runtimes.onnx import NOTES, OUTPUTS
from vitrine.records.model import ModelMetadata, Trust

# One name is markup, one a template of the page's own sentences: none may be more than text.
LABELS = ("red", "<b>green</b>", "{picture} blue")
SIDE = 32
CHANNELS = 8
FEATURES = CHANNELS * 3 * 3
SQUASH = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": SIDE, "width": SIDE},
    "resample": 3,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "color_profiles": "apply",
}
TRUST = Trust(precision=0.95, confidence_threshold=0.6, similarity_threshold=0.0, neighbors=1)


def write_onnx(
    file: Path, processor: dict[str, Any] = SQUASH, trust: Trust | None = TRUST, weight: float = 0.05
) -> Path:
    """A convolution, means over nine parts, a linear layer; similarity is the cosine to one direction.

    Weights are so small that no class is certain: then every level that is read otherwise changes the answer.
    """
    draw = np.random.default_rng(0).normal
    tensors = {
        "kernel": draw(size=(CHANNELS, 3, 3, 3)),
        "linear": weight * draw(size=(FEATURES, len(LABELS))),
        "reference": draw(size=(FEATURES, 1)),
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("Conv", ["pixel_values", "kernel"], ["seen"], strides=[2, 2]),
        helper.make_node("Relu", ["seen"], ["positive"]),
        helper.make_node("AveragePool", ["positive"], ["mean"], kernel_shape=[5, 5], strides=[5, 5]),
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


# Of an interlaced PNG: first column and row of each pass, and steps between columns and rows.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def write_interlaced_png(file: Path, levels: np.ndarray) -> None:
    """Red, green and blue of 16 bits, `[height, width, 3]`; Pillow writes neither."""
    parts = [levels[top::down, left::across] for left, top, across, down in PASSES]
    lines = [b"\0" + line.astype(">u2").tobytes() for part in parts if part.size for line in part]
    height, width = levels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    framed = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))


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


class _Drawn(CalibrationDataReader):
    def __init__(self) -> None:
        draw = np.random.default_rng(1).normal
        self.left = [{"pixel_values": draw(size=(1, 3, SIDE, SIDE)).astype(np.float32)} for _ in range(8)]

    def get_next(self) -> dict[str, np.ndarray] | None:
        return self.left.pop() if self.left else None


def write_int8(file: Path) -> Path:
    """The same network, its convolution in whole numbers of 8 bits."""
    plain = write_onnx(file.with_name("plain.onnx"))
    quantize_static(plain, file, _Drawn(), op_types_to_quantize=["Conv"], activation_type=QuantType.QUInt8)
    plain.unlink()
    return file
