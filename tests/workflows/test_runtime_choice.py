"""The fastest of the runtimes that agree is chosen once, and again without one that opens no more."""

from pathlib import Path

import numpy as np
import pytest

from tests.factories import fault_of
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.records.runtime import RuntimeChoice
from vitrine.workflows import runtime_choice
from vitrine.workflows.runtime_cache import CacheError
from vitrine.workflows.runtime_choice import open_fastest

RUNTIMES = ("torch", "onnxruntime", "openvino")
SECONDS = {"torch": 0.03, "onnxruntime": 0.02, "openvino": 0.01}


class Network:
    """Answers the same of every picture, but for what it is moved by."""

    def __init__(self, name, moved=0.0, similarity=0.5, has_fewer_bits=False):
        self.name, self.moved, self.similarity, self.has_fewer_bits = name, moved, similarity, has_fewer_bits

    def run(self, pixels):
        logits = np.tile(np.array([2.0 + self.moved, 0, -2], np.float32), (len(pixels), 1))
        return Outputs(logits, np.full(len(pixels), self.similarity, np.float32))


@pytest.fixture
def open_by(monkeypatch):
    """Opens a double; `networks` may be changed, and an error in it is raised."""
    monkeypatch.setattr(runtime_choice, "time_in_turns", lambda models: [SECONDS[one.network.name] for one in models])

    def open_model(runtime):
        network = open_model.networks[runtime]
        if isinstance(network, Exception):
            raise network
        return Predictor("m", Path(), ("a", "b", "c"), None, network, Preprocess())

    open_model.networks = {name: Network(name) for name in RUNTIMES}
    return open_model


class Preprocess:
    settings = {}  # noqa: RUF012

    def __call__(self, images, preprocessed=False):
        return np.zeros((len(images), 3, 8, 8), np.float32)


@pytest.fixture
def choose(open_by, tmp_path, monkeypatch):
    """The predictor, and what was said."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def call(runtimes=RUNTIMES):
        said = []
        return open_fastest(runtimes, open_by, tmp_path / "model", None, said.append), said

    return call


def test_the_choice_goes_with_the_predictor(choose, tmp_path):
    predictor, _ = choose()
    assert (predictor.network.name, predictor.choice.seconds) == ("openvino", SECONDS)
    assert choose()[0].choice == predictor.choice == RuntimeChoice.read(tmp_path / "model/runtime.json")


@pytest.mark.parametrize("runtimes", [RUNTIMES, RUNTIMES[1:]], ids=["folder", "file"])
def test_a_choice_that_opens_no_more_is_dropped_and_measured_anew_without_it(choose, open_by, runtimes):
    choose(runtimes)
    open_by.networks["openvino"] = UserError("its plugin is gone")
    predictor, said = choose(runtimes)
    assert predictor.network.name == "onnxruntime"
    assert said[0] == "openvino is not used any more: its plugin is gone"
    assert said[1].startswith("onnxruntime answers (")
    predictor, said = choose(runtimes)
    assert (predictor.network.name, said) == ("onnxruntime", [])
    assert predictor.choice.left_out == {"openvino": "its plugin is gone"}


def test_of_a_file_onnx_runtime_that_opens_no_more_leaves_openvino(choose, open_by, monkeypatch):
    monkeypatch.setitem(SECONDS, "openvino", 0.05)
    assert choose(RUNTIMES[1:])[0].network.name == "onnxruntime"
    open_by.networks["onnxruntime"] = UserError("wrong on this machine")
    assert choose(RUNTIMES[1:])[0].network.name == "openvino"


def test_a_model_that_torch_does_not_open_is_its_fault(choose, open_by, monkeypatch):
    monkeypatch.setitem(SECONDS, "torch", 0.001)
    assert choose()[0].network.name == "torch"
    open_by.networks["torch"] = UserError("damaged")
    assert fault_of(choose) == "damaged"


@pytest.mark.parametrize("other", [{"moved": 0.01}, {"similarity": 0.501}], ids=["logits", "similarity"])
@pytest.mark.parametrize("runtimes", [RUNTIMES[::2], RUNTIMES[1:]], ids=["folder", "file"])
def test_other_answers_are_left_out(choose, open_by, runtimes, other):
    open_by.networks["openvino"] = Network("openvino", **other)
    predictor, said = choose(runtimes)
    assert predictor.network.name == runtimes[0]
    assert said[0].startswith("openvino is not used: its answers differ: by 0.00")


def test_in_fewer_bits_each_was_compared_when_it_was_opened(choose, open_by):
    open_by.networks |= {
        "onnxruntime": Network("onnxruntime", has_fewer_bits=True),
        "openvino": Network("openvino", moved=0.1),
    }
    assert choose(RUNTIMES[1:])[0].network.name == "openvino"


@pytest.mark.parametrize(
    ("fault", "is_kept"), [(UserError("no"), True), (OSError("no"), False), (CacheError("no"), False)]
)
def test_what_may_work_the_next_time_is_not_kept(choose, open_by, fault, is_kept, tmp_path):
    open_by.networks["openvino"] = fault
    assert choose()[0].network.name == "onnxruntime"
    assert (tmp_path / "model/runtime.json").exists() == is_kept
