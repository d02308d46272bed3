"""A graph of 8-bit whole numbers as ONNX Runtime computes it, so that browsers need not make it so at every start."""

import tempfile
from pathlib import Path

import onnx
import onnxruntime

from vitrine.records.atomic import write_bytes
from vitrine.records.onnx_checksum import seal
from vitrine.ship.golden_pictures import is_quantized
from vitrine.ship.quantize import store_halves

# Operators of ONNX Runtime's own that the pinned ONNX Runtime Web computes on processors. A later ONNX Runtime may
# make others here; then the graph is left as it is, and starts later.
KNOWN = {
    "QLinearConv", "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax",
    "QLinearAveragePool", "QLinearGlobalAveragePool", "QGemm", "FusedConv", "FusedGemm", "FusedMatMul",
}  # fmt: skip


def fuse(file: Path) -> bool:
    """Replaces a file of 8-bit whole numbers by one whose operators are put together already.

    Args:
        file: ONNX file that `export` wrote; one of float32 is left as it is.

    Returns:
        Whether it was replaced: then a browser must not look for more to put together.
    """
    if not is_quantized(file):
        return False
    content = _optimize(file)
    if any(node.domain and node.op_type not in KNOWN for node in content.graph.node):
        return False
    write_bytes(file, seal(store_halves(content)))
    return True


def _optimize(file: Path) -> onnx.ModelProto:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        options.optimized_model_filepath = str(Path(folder) / "fused.onnx")
        # Blocks of channels are of this machine's processor, whole numbers are not.
        onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=["NchwcTransformer"]
        )
        return onnx.load(options.optimized_model_filepath)
