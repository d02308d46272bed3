"""A model is computed by what is fastest here, if that gives torch's answers; what was found is remembered."""

import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.factories import fault_of, write_tiny_resnet
from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import OnnxNetwork, open_session
from vitrine.records.runtime import RuntimeChoice
from vitrine.ship.export import export_onnx
from vitrine.workflows import runtime, runtime_cache, runtime_choice
from vitrine.workflows.runtime import load_predictor
from vitrine.workflows.runtime_cache import find_cache

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

    def time_double(predictors):
        names = [predictor.network.name for predictor in predictors]
        asked.extend(names)
        return [seconds[name] / 1000 for name in names]

    monkeypatch.setattr(runtime_choice, "time_in_turns", time_double)
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
    for module in (runtime_cache, runtime_choice):
        monkeypatch.setattr(module, "describe_machine", lambda _threads: "another")
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


@pytest.mark.parametrize(("by", "words"), [(0.1, "by 0.0"), (np.nan, "no numbers")])
def test_a_runtime_with_other_answers_is_not_used_and_that_is_said(model, monkeypatch, by, words):
    set_times(monkeypatch, torch=30, onnxruntime=10)
    usual = runtime._open_export

    def open_deviating(*given):
        predictor = usual(*given)
        return replace(predictor, network=Deviating(predictor.network, by))

    monkeypatch.setattr(runtime, "_open_export", open_deviating)
    said = []
    assert load_predictor(str(model), "auto", said.append).network.name == "torch"
    assert said[0].startswith(f"onnxruntime is not used: its answers differ: {words}")


def refuse_to_export(monkeypatch, error):
    """How often an export was tried stands in the length of what is given back."""
    tried = []

    def fail(*_):
        tried.append(1)
        raise error

    monkeypatch.setattr("vitrine.ship.export.export_onnx", fail)
    return tried


def test_a_model_that_cannot_be_exported_is_computed_by_torch_and_not_tried_again(model, monkeypatch):
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime", "openvino"))
    set_times(monkeypatch, torch=30)
    (find_cache(model) / "model.onnx").unlink()
    tried, said = refuse_to_export(monkeypatch, UserError("it cannot be exported")), []
    for _ in range(2):
        predictor = load_predictor(str(model), "auto", said.append)
        assert predictor.network.name == "torch"
    assert said == [
        f"making an ONNX file of {model}, once",
        "onnxruntime is not used: it cannot be exported",
        "torch answers (torch 30.0 ms a picture)",
    ]
    assert len(tried) == 1
    assert predictor.choice.left_out == dict.fromkeys(("onnxruntime", "openvino"), "it cannot be exported")


def test_a_disk_that_fails_may_work_the_next_time(model, monkeypatch):
    set_times(monkeypatch, torch=30)
    (find_cache(model) / "model.onnx").unlink()
    tried = refuse_to_export(monkeypatch, OSError("no space left"))
    for _ in range(2):
        assert load_predictor(str(model), "auto").network.name == "torch"
    assert len(tried) == 2


def test_a_cache_that_cannot_be_written_is_told_before_anything_is_exported(model, monkeypatch, tmp_path):
    set_times(monkeypatch, torch=30)
    tried = refuse_to_export(monkeypatch, AssertionError)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "set XDG_CACHE_HOME to a folder that can" in fault_of(load_predictor, str(model), "onnxruntime")
    said = []
    assert load_predictor(str(model), "auto", said.append).network.name == "torch"
    assert ("cannot be written" in said[0], len(said), tried) == (True, 2, [])


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_missing_is_told_where_it_was_asked_for_and_not_by_auto(package, model, monkeypatch):
    set_times(monkeypatch, torch=30)
    (find_cache(model) / "model.onnx").unlink()
    for module in ("vitrine.ship.export", "vitrine.predict.runtimes.onnx"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    assert f"`pip install {package}`" in fault_of(load_predictor, str(model), "onnxruntime")
    said = []
    assert load_predictor(str(model), "auto", said.append).network.name == "torch"
    assert said == ["torch answers (torch 30.0 ms a picture)"]


def test_others_models_that_see_pictures_of_several_shapes_are_computed_by_torch(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    set_times(monkeypatch, torch=30)
    folder = write_tiny_resnet(tmp_path / "model", 3)
    settings = {"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 80}}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    said = []
    assert load_predictor(str(folder), "auto", said.append).network.name == "torch"
    assert "onnxruntime is not used: " in said[1]
    assert "its image processor makes pictures of 80x64 pixels" in said[1]
    assert "takes squares of one size" in fault_of(load_predictor, str(folder), "onnxruntime")


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
    assert said[0] == f"onnxruntime is not used: {fault_of(load_predictor, file)}"
    assert load_predictor(file, "auto", said.append).network.name == "openvino"
    assert len(said) == 2  # it is not tried again
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


def test_a_measured_choice_says_why_others_are_left_out(model, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setattr(runtime, "RUNTIMES", ("torch", "onnxruntime", "openvino"))
    set_times(monkeypatch, torch=30, onnxruntime=20, openvino=10)
    predictor = load_predictor(str(model), "auto")
    assert predictor.network.name == "openvino"
    assert RuntimeChoice.read(find_cache(model) / "runtime.json").left_out == {}
