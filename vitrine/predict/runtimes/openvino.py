"""OpenVINO computes an ONNX file that Vitrine wrote."""

import threading
from dataclasses import dataclass, field
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np

from vitrine.errors import UserError, first_line
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs


@dataclass(frozen=True)
class OpenvinoNetwork:
    """A network that OpenVINO computes; each thread that asks has a request of its own."""

    compiled: Any
    threads: int | None = None
    own: threading.local = field(default_factory=threading.local)
    name: str = "openvino"

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it."""
        return True

    def run(self, pixel_values: Pixels) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""
        if not hasattr(self.own, "request"):
            self.own.request = self.compiled.create_infer_request()
        self.own.request.infer({"pixel_values": np.ascontiguousarray(pixel_values, np.float32)})
        found = {name: self.own.request.get_tensor(name).data.copy() for name in self._wanted()}
        return Outputs(found["logits"], found.get("familiarity"))

    def count_threads(self) -> int:
        """How many threads compute one batch together."""
        return self.threads or cpu_count() or 1

    def use_threads(self, count: int) -> None:
        """Nothing: the threads are chosen when the network is opened."""

    def _wanted(self) -> list[str]:
        names = [name for output in self.compiled.outputs for name in output.names]
        return [name for name in names if name in ("logits", "familiarity")]


def open_openvino(file: Path, threads: int | None = None) -> OpenvinoNetwork:
    """Opens an ONNX file that `load_onnx` can read.

    Args:
        file: of a model.
        threads: that compute a batch together; None: as OpenVINO likes.

    Raises:
        UserError: OpenVINO is not installed, or cannot compute it.
    """
    try:
        import openvino
    except ImportError as error:
        raise UserError(
            "OpenVINO is not installed; `pip install openvino`, or take another --runtime (onnxruntime, torch)"
        ) from error
    # Where the processor has bf16 it would compute in it, and probabilities would differ by 0.006.
    exact = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        exact["INFERENCE_NUM_THREADS"] = str(threads)
    try:
        return OpenvinoNetwork(openvino.Core().compile_model(str(file), "CPU", exact), threads)
    except RuntimeError as error:
        raise UserError(f"{file}: OpenVINO cannot compute it ({first_line(error)})") from error
