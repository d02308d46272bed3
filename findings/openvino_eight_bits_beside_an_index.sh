#!/bin/sh
# OpenVINO and a network in 8 bits: how torch's memory layout decides whether its answers are right.
#
# One would guess: `channels_last` is a matter of speed. The exported network is the same, and a file that ONNX Runtime's
# quantiser wrote in the portable way (QuantizeLinear and DequantizeLinear in pairs) gives about the same numbers everywhere.
# What happens: torch.onnx writes the AdaptiveAvgPool2d(1) of a model in channels_last as an average and a Gather whose index
# is computed from the number of pictures (Shape, Range, Mul, Add): ten nodes more. In float32 OpenVINO computes both files
# alike. In 8 bits it computes the one without the index to the last digit as ONNX Runtime does, and in the one with it the
# sum of a residual block is off, although no 8-bit number has to do with the index; with the index written as a constant it is
# right again. Nothing is said. (A ResNet-18 of five classes: the first answers to 39 % of its pictures changed.)
# Output seen: "torch.contiguous_format: 0 Gather, float32 off by 0.0000, 8 bits by 0.0000 of 0.346", "torch.channels_last: 1
# Gather, float32 off by 0.0000, 8 bits by 0.1232 of 0.346", "with a constant index: off by 0.0000".
# Seen with: openvino 2026.4.1, onnxruntime 1.32.0, torch 2.14.1, onnx 1.23.2, Python 3.11, Linux x86-64 with AVX-512 and AMX.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "numpy==2.4.6" "torch==2.14.1" "onnx==1.23.2" "onnxscript==0.7.2" \
    "onnxruntime==1.32.0" "openvino==2026.4.1"
cat > "$folder/eight_bits.py" <<'PROGRAM'
import logging
import warnings

import numpy as np
import onnx
import onnxruntime
import openvino
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from torch import nn

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
PICTURES = np.random.default_rng(9).normal(size=(2, 3, 64, 64)).astype(np.float32)


class Residual(nn.Module):
    """Two convolutions, a third one that is added to the second, and averages."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(3, 32, 3, 2, 1), nn.Conv2d(32, 64, 3, 2, 1)
        self.third, self.average = nn.Conv2d(64, 64, 3, 1, 1), nn.AdaptiveAvgPool2d(1)

    def forward(self, pixels):
        before = self.second(self.first(pixels).relu()).relu()
        return self.average((self.third(before) + before).relu()).flatten(1)


class Pictures(CalibrationDataReader):
    def __init__(self):
        self.left = [np.random.default_rng(n).normal(size=(4, 3, 64, 64)).astype(np.float32) for n in range(4)]

    def get_next(self):
        return {"pixels": self.left.pop()} if self.left else None


def ask_both(file):
    """The largest difference of OpenVINO to ONNX Runtime, and the largest number."""
    expected = onnxruntime.InferenceSession(file).run(None, {"pixels": PICTURES})[0]
    compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return float(abs(compiled(PICTURES)[0] - expected).max()), float(abs(expected).max())


def write(layout):
    network = Residual().eval().to(memory_format=layout)
    batch = ({0: torch.export.Dim("pictures")},)
    names = {"input_names": ["pixels"], "output_names": ["means"]}
    example = (torch.zeros(2, 3, 64, 64),)
    torch.onnx.export(network, example, "float32.onnx", dynamo=True, dynamic_shapes=batch, verbose=False, **names)
    whole = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "quant_format": QuantFormat.QDQ}
    quantize_static("float32.onnx", "int8.onnx", Pictures(), per_channel=True, reduce_range=True, **whole)
    return onnx.load("int8.onnx")


def tell(layout):
    content = write(layout)
    gathers = [node for node in content.graph.node if node.op_type == "Gather"]
    (exact, _), (off, largest) = ask_both("float32.onnx"), ask_both("int8.onnx")
    print(f"{layout}: {len(gathers)} Gather, float32 off by {exact:.4f}, 8 bits by {off:.4f} of {largest:.3f}")
    return content, gathers, exact, off


_, gathers, _, off = tell(torch.contiguous_format)
assert not gathers, "averages are gathered in the usual layout, too"
assert off < 0.001, "OpenVINO is off without an index, too"
content, gathers, exact, off = tell(torch.channels_last)
assert len(gathers) == 1, "averages are no longer gathered"
assert exact < 0.001, "OpenVINO is off in float32, too"
assert off > 0.02, "OpenVINO computes 8 bits beside an index rightly now"
index = np.arange(PICTURES.shape[0] * 64).reshape(-1, 64, 1, 1)
content.graph.initializer.append(onnx.numpy_helper.from_array(index, "written"))
gathers[0].input[1] = "written"
onnx.save(content, "constant.onnx")
off, _ = ask_both("constant.onnx")
print(f"with a constant index: off by {off:.4f}")
assert off < 0.001, "a constant index changes nothing"
PROGRAM
cd "$folder"
"$folder/venv/bin/python" eight_bits.py 2> "$folder/said" || { tail -3 "$folder/said"; exit 1; }
