"""A model for OpenVINO: processors, graphics and neural units of Intel, and its model server."""

import tempfile
from pathlib import Path

from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.openvino import open_openvino
from vitrine.ship.agreement import Ask
from vitrine.ship.engines.engine import Engine, need
from vitrine.ship.export import trace_model


def _write(predictor: Predictor, _: int, file: Path) -> None:
    openvino = need("openvino", "OpenVINO", "openvino")
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        source = Path(folder) / "model.onnx"
        source.write_bytes(trace_model(predictor, with_map=False).content.SerializeToString())
        # By itself it would halve the weights, and answers would differ by 0.001.
        openvino.save_model(openvino.convert_model(source), file, compress_to_fp16=False)


def _open(file: Path, _: tuple[str, ...]) -> Ask:
    return open_openvino(file).run


OPENVINO = Engine("OpenVINO", "model.xml", "openvino", _write, _open)
