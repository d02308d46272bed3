"""A model is computed by what is fastest here, if that gives torch's answers; what was found is remembered."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.factories import fault_of, write_tiny_resnet
from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import OnnxNetwork, open_session
from vitrine.records.runtime import RuntimeChoice
from vitrine.ship.export import export_onnx
from vitrine.workflows import runtime
from vitrine.workflows.runtime import digest_model, find_cache, load_predictor

PICTURE = Image.linear_gradient("L").convert("RGB")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model folder and its ONNX file, made once."""
    folder = tmp_path_factory.mktemp("exported")
    write_small_cnn(folder / "model", PreparationSection())
    export_onnx(str(folder / "model"), folder / "model.onnx")
    return folder


@pytest.fixture
def model(exported, tmp_path, monkeypatch):
    """The folder; its file is in the cache as after the first time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime"))
    cache = find_cache(exported / "model")
    cache.mkdir(parents=True)
    (cache / "model.onnx").symlink_to(exported / "model.onnx")
    return exported / "model"


def set_times(monkeypatch, **seconds):
    """Milliseconds that each runtime seems to take; those that are asked stand in what is given back."""
    asked = []
    monkeypatch.setattr(
        runtime, "measure_latency", lambda predictor: asked.append(predictor.network.name) or seconds[asked[-1]] / 1000
    )
    return asked


def test_the_fastest_answers_and_is_measured_once(model, monkeypatch):
    asked, said = set_times(monkeypatch, torch=30, onnxruntime=10), []
    first = load_predictor(str(model), "auto", said.append)
    assert (first.network.name, asked) == ("onnxruntime", ["torch", "onnxruntime"])
    assert said == ["onnxruntime answers (torch 30.0 ms, onnxruntime 10.0 ms a picture)"]
    assert (first.model_id, first.folder) == (str(model), model)
    second = load_predictor(str(model), "auto", said.append)
    assert (second.network.name, len(asked), len(said)) == ("onnxruntime", 2, 1)
    expected = Predictor.load(str(model)).predict_images([PICTURE]).probabilities
    np.testing.assert_allclose(second.predict_images([PICTURE]).probabilities, expected, atol=1e-4)


def test_on_another_machine_it_is_measured_anew(model, monkeypatch):
    asked = set_times(monkeypatch, torch=30, onnxruntime=10)
    load_predictor(str(model), "auto")
    monkeypatch.setattr(runtime, "describe_machine", lambda: "another")
    assert load_predictor(str(model), "auto").network.name == "onnxruntime"
    assert len(asked) == 4
    (find_cache(model) / "runtime.json").write_text("{")
    assert load_predictor(str(model), "auto").network.name == "onnxruntime"
    assert len(asked) == 6


def test_a_gain_that_is_hardly_one_leaves_torch(model, monkeypatch):
    set_times(monkeypatch, torch=30, onnxruntime=29)
    assert load_predictor(str(model), "auto").network.name == "torch"


class Deviating:
    """Answers as the network does, but for one logit."""

    def __init__(self, network, by):
        self.network, self.by = network, by

    name = "onnxruntime"
    on_processor = True

    def run(self, pixels):
        logits = self.network.run(pixels).logits.copy()
        logits[0, 0] += self.by
        return Outputs(logits, None)


@pytest.mark.parametrize(("by", "words"), [(0.1, "its answers differ by 0.0"), (np.nan, "its answers differ by inf")])
def test_a_runtime_with_other_answers_is_not_used_and_that_is_said(model, monkeypatch, by, words):
    set_times(monkeypatch, torch=30, onnxruntime=10)
    usual = runtime._open_export

    def open_deviating(*given):
        predictor = usual(*given)
        return replace(predictor, network=Deviating(predictor.network, by))

    monkeypatch.setattr(runtime, "_open_export", open_deviating)
    said = []
    assert load_predictor(str(model), "auto", said.append).network.name == "torch"
    assert said[0].startswith(f"onnxruntime is not used: {words}")


def test_a_model_that_cannot_be_exported_is_computed_by_torch(model, monkeypatch):
    set_times(monkeypatch, torch=30)
    monkeypatch.setattr(runtime, "_export", lambda *_: (_ for _ in ()).throw(PermissionError("read-only")))
    assert load_predictor(str(model), "auto").network.name == "torch"


def test_what_is_asked_for_is_taken(model, exported):
    assert load_predictor(str(model)).network.name == "torch"
    assert load_predictor(str(model), "onnxruntime").network.name == "onnxruntime"
    assert load_predictor(str(exported / "model.onnx")).network.name == "onnxruntime"
    assert "torch does not compute ONNX files" in fault_of(load_predictor, str(exported / "model.onnx"), "torch")


class Openvino(Deviating):
    """Stands for OpenVINO; nothing of it need be installed."""

    name = "openvino"


def use_openvino(monkeypatch, by=0.0):
    """Has a double stand for OpenVINO, whose logits differ by so much."""

    def open_double(file, threads):
        return Openvino(OnnxNetwork(open_session(str(file), threads)), by)

    monkeypatch.setattr(runtime, "_choose_opener", {"openvino": open_double}.get)
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime", "openvino"))


def test_of_a_file_too_the_fastest_answers_and_is_measured_once(model, exported, monkeypatch):
    use_openvino(monkeypatch)
    asked, said = set_times(monkeypatch, onnxruntime=30, openvino=10), []
    file = str(exported / "model.onnx")
    assert load_predictor(file, "auto", said.append).network.name == "openvino"
    assert said == ["openvino answers (onnxruntime 30.0 ms, openvino 10.0 ms a picture)"]
    assert load_predictor(file, "auto").network.name == "openvino"
    assert asked == ["onnxruntime", "openvino"]


def test_a_runtime_that_computes_a_file_wrongly_is_not_used(model, exported, monkeypatch):
    use_openvino(monkeypatch, by=0.5)
    asked, file = set_times(monkeypatch, onnxruntime=30), str(exported / "model.onnx")
    assert load_predictor(file, "auto").network.name == "onnxruntime"
    assert asked == ["onnxruntime"]
    assert "answers to pictures whose answers are known are wrong" in fault_of(load_predictor, file, "openvino")


def test_a_file_that_onnx_runtime_computes_wrongly_is_computed_by_openvino(model, exported, monkeypatch):
    use_openvino(monkeypatch)
    openers = {"openvino": runtime._choose_opener("openvino"), "onnxruntime": open_wrong}
    monkeypatch.setattr(runtime, "_choose_opener", openers.get)
    said, file = [], str(exported / "model.onnx")
    assert load_predictor(file, "auto", said.append).network.name == "openvino"
    assert said == [f"onnxruntime is not used: {fault_of(load_predictor, file)}"]
    openers["openvino"] = open_wrong
    assert fault_of(load_predictor, file, "auto") == fault_of(load_predictor, file)


def open_wrong(file, threads):
    return Deviating(OnnxNetwork(open_session(str(file), threads)), 0.5)


def test_what_cannot_be_kept_is_answered_all_the_same(model, exported, monkeypatch, tmp_path):
    set_times(monkeypatch, onnxruntime=30)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    said = []
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime"))
    assert load_predictor(str(exported / "model.onnx"), "auto", said.append).network.name == "onnxruntime"
    assert "measured again next time, since it cannot be kept" in said[-1]


def test_a_damaged_file_in_the_cache_is_written_again(model):
    file = find_cache(model) / "model.onnx"
    file.unlink()
    file.write_bytes(b"cut")
    said = []
    assert load_predictor(str(model), "onnxruntime", said.append).network.name == "onnxruntime"
    assert said == [f"making an ONNX file of {model}, once"]


def test_a_file_may_be_named_in_capitals(exported, tmp_path):
    file = shutil.copy(exported / "model.onnx", tmp_path / "MODEL.ONNX")
    assert load_predictor(str(file)).network.name == "onnxruntime"


def test_a_file_that_is_not_there_is_one_message(model):
    assert "there is no such ONNX file" in fault_of(load_predictor, "absent.onnx", "auto")


def test_the_cache_belongs_to_the_files_of_the_model(model, tmp_path):
    other = write_small_cnn(tmp_path / "same", PreparationSection())
    assert find_cache(other) == find_cache(model)
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    assert find_cache(other) != find_cache(model)


def test_weights_of_any_format_tell_models_apart(tmp_path):
    cat = write_pickled(tmp_path / "cat", biased=0)
    dog = write_pickled(tmp_path / "dog", biased=2)
    assert (cat / "config.json").read_text() == (dog / "config.json").read_text()
    assert find_cache(cat) != find_cache(dog)
    assert digest_model(Predictor.load(str(cat))) != digest_model(Predictor.load(str(dog)))


def write_pickled(folder, biased):
    """As other programs write it, with weights in pytorch_model.bin alone; one class is ever the first."""
    write_tiny_resnet(folder, 3)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.1.bias"][biased] += 9
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    return folder


def test_a_measured_choice_says_why_others_are_left_out(model, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime", "openvino"))
    set_times(monkeypatch, torch=30, onnxruntime=20, openvino=10)
    predictor = load_predictor(str(model), "auto")
    assert predictor.network.name == "openvino"
    assert RuntimeChoice.read(find_cache(model) / "runtime.json").left_out == {}
