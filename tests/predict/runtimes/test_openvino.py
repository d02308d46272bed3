"""OpenVINO gives the numbers of ONNX Runtime, in float32 even where it could compute in bf16."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from tests.factories import fault_of
from tests.predict.runtimes.test_onnx import make_notes, write
from vitrine.predict.runtimes.onnx import load_onnx
from vitrine.predict.runtimes.openvino import open_openvino


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "m.onnx", make_notes(), has_similarity=True)


def test_a_missing_package_is_named(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert "`pip install openvino`, or take another --runtime" in fault_of(open_openvino, file)


def test_several_threads_get_the_numbers_of_onnxruntime(file):
    pytest.importorskip("openvino")
    network, other = open_openvino(file), load_onnx(file).network
    pixels = np.random.default_rng(0).standard_normal((12, 2, 3, 8, 8)).astype(np.float32)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(network.run, pixels))
    for outputs, batch in zip(found, pixels, strict=True):
        np.testing.assert_allclose(outputs.logits, other.run(batch).logits, atol=1e-6)
        assert outputs.similarity.tolist() == [0.5]
    assert (network.name, network.on_processor) == ("openvino", True)


def test_what_it_cannot_compute_is_one_message(tmp_path):
    pytest.importorskip("openvino")
    (tmp_path / "m.onnx").write_text("hello")
    assert "OpenVINO cannot compute it" in fault_of(open_openvino, tmp_path / "m.onnx")


@pytest.mark.parametrize(("threads", "more"), [(None, {}), (3, {"INFERENCE_NUM_THREADS": "3"})])
def test_it_is_told_to_compute_in_float32(file, monkeypatch, threads, more):
    told = []
    core = SimpleNamespace(compile_model=lambda *given: told.append(given))
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=lambda: core))
    assert open_openvino(file, threads).count_threads() == (threads or os.cpu_count())
    hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    assert told == [(str(file), "CPU", hints | more)]
