"""Writing a network of float32 in 8-bit whole numbers, in several layouts, and how fast each is on this machine.

Weights have 7 bits, so that sums of two products fit into 16 bits on processors without VNNI. What comes after the
features (head, similarity) stays in float32.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantizationMode, QuantType
from onnxruntime.quantization.calibrate import CalibrationDataReader, TensorsData, create_calibrator
from onnxruntime.quantization.onnx_quantizer import ONNXQuantizer
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process

from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.onnx import OnnxNetwork, open_session

BATCH = 8
TIMINGS = 5
LARGE = 1 << 16  # numbers of a tensor whose size matters
QUANTIZED = (
    "Conv",
    "MatMul",
    "Gemm",
    "Add",
    "Mul",
    "Clip",
    "Relu",
    "MaxPool",
    "AveragePool",
    "ReduceMean",
    "GlobalAveragePool",
    "Concat",
    "Reshape",
    "Flatten",
    "Squeeze",
)


@dataclass(frozen=True)
class Layout:
    """A way to write a network in 8 bits.

    Attributes:
        name: for people.
        pairs: whether float nodes stand between pairs that convert (QDQ); else nodes compute whole numbers (QOperator).
        per_channel: whether each output channel of a layer has a scale of its own.
        signed: whether activations are signed.
    """

    name: str
    pairs: bool
    per_channel: bool
    signed: bool = False


LAYOUTS = (
    Layout("QDQ, weights of 7 bits per channel", pairs=True, per_channel=True),
    Layout("QOperator, weights of 7 bits per channel", pairs=False, per_channel=True),
    Layout("QDQ, weights of 7 bits per layer", pairs=True, per_channel=False),
    Layout("QDQ, weights of 7 bits per channel, signed activations", pairs=True, per_channel=True, signed=True),
)


@dataclass(frozen=True)
class Timed:
    """A network in one layout.

    Attributes:
        layout: of its numbers.
        content: the graph.
        share: processor time relative to float32.
    """

    layout: Layout
    content: onnx.ModelProto
    share: float


class _Batches(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime says nothing of its types
    def __init__(self, batches: Iterator[Pixels]) -> None:
        self.batches = batches

    def get_next(self) -> dict[str, Pixels] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"pixel_values": batch}


def measure_ranges(content: onnx.ModelProto, batches: Iterator[Pixels]) -> tuple[onnx.ModelProto, TensorsData]:
    """The graph as the quantiser wants it, and between what values each activation of it lies.

    Args:
        content: in float32.
        batches: what the network sees of some pictures, `[pictures, 3, side, side]` each.
    """
    with _quiet(), tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        plain, ready = Path(folder) / "plain.onnx", Path(folder) / "ready.onnx"
        onnx.save(content, plain)
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        calibrator = create_calibrator(
            ready, list(QUANTIZED), str(Path(folder) / "augmented.onnx"), CalibrationMethod.MinMax
        )
        calibrator.collect_data(_Batches(batches))
        return store_halves(onnx.load(ready)), calibrator.compute_data()


def store_halves(content: onnx.ModelProto) -> onnx.ModelProto:
    """Large tensors of float32 whose numbers have 16 bits all the same are stored so, and converted at the start.

    The sample of training pictures comes in float16; what prepares a graph for the quantiser folds it to float32.
    """
    for tensor in content.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LARGE:
            continue
        halves = values.astype(np.float16)
        if not np.array_equal(halves.astype(np.float32), values):
            continue
        stored = f"{tensor.name}_half"
        cast = onnx.helper.make_node("Cast", [stored], [tensor.name], name=f"{stored}_cast", to=onnx.TensorProto.FLOAT)
        content.graph.node.insert(0, cast)
        tensor.CopyFrom(numpy_helper.from_array(halves, stored))
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """Drops what onnxruntime's quantiser tells developers through the root logger."""
    root = logging.getLogger()

    def is_no_advice(record: logging.LogRecord) -> bool:
        return "onnxruntime" not in record.pathname

    root.addFilter(is_no_advice)
    try:
        yield
    finally:
        root.removeFilter(is_no_advice)


def _quantize(graph: onnx.ModelProto, ranges: TensorsData, layout: Layout) -> onnx.ModelProto:
    own = onnx.ModelProto()
    own.CopyFrom(graph)
    activations = QuantType.QInt8 if layout.signed else QuantType.QUInt8
    rest: tuple[Any, ...] = (QuantType.QInt8, activations, ranges, [], find_tail(own), list(QUANTIZED), {})
    if layout.pairs:
        quantizer = QDQQuantizer(own, layout.per_channel, True, *rest)
    else:
        quantizer = ONNXQuantizer(own, layout.per_channel, True, QuantizationMode.QLinearOps, True, *rest)
    with _quiet():
        quantizer.quantize_model()
    content: onnx.ModelProto = quantizer.model.model
    return content


def find_tail(graph: onnx.ModelProto) -> list[str]:
    """Nodes behind the features, which stay in float32; without features, the ones that give logits from a map."""
    maker = {output: node for node in graph.graph.node for output in node.output}
    outputs = [output.name for output in graph.graph.output]
    before: set[str] = set()
    waiting = ["features"] if "features" in outputs else list(maker["logits"].input)
    while waiting:
        node = maker.get(waiting.pop())
        if node is not None and node.name not in before:
            before.add(node.name)
            waiting += node.input
    return [node.name for node in graph.graph.node if node.name not in before]


def open_network(content: onnx.ModelProto) -> OnnxNetwork:
    """A graph, to be asked."""
    return OnnxNetwork(open_session(content.SerializeToString()))


def time_layouts(graph: onnx.ModelProto, ranges: TensorsData, content: onnx.ModelProto, side: int) -> list[Timed]:
    """The network in every layout.

    Args:
        graph: of `measure_ranges`.
        ranges: of `measure_ranges`.
        content: the network in float32, beside which the others are timed.
        side: of its pictures, in pixels.
    """
    pixels = np.zeros((BATCH, 3, side, side), np.float32)
    usual = _time(open_network(content), pixels)
    written = [(layout, _quantize(graph, ranges, layout)) for layout in LAYOUTS]
    return [Timed(layout, quantized, _time(open_network(quantized), pixels) / usual) for layout, quantized in written]


def _time(network: OnnxNetwork, pixels: Pixels) -> float:
    """Seconds of all cores together, which other work on the machine changes little; the shortest of some."""
    network.run(pixels)
    seconds = []
    for _ in range(TIMINGS):
        start = time.process_time()
        network.run(pixels)
        seconds.append(time.process_time() - start)
    return min(seconds)
