"""The folder for an engine: written when the engine answers alike, with all that its user needs."""

import json
from pathlib import Path

import pytest

from tests.factories import fault_of
from vitrine.commands import export
from vitrine.data.prepared.dataset import open_prepared
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.ship.engines.choice import ENGINES
from vitrine.ship.engines.engine import Engine
from vitrine.ship.engines.folder import export_folder
from vitrine.ship.export import export_onnx

MODEL = "finished/model"


def make_engine(change=lambda logits: logits):
    """ONNX Runtime as an engine, whose logits may be changed."""

    def open_file(file, names):
        network = Predictor.load(str(file)).network
        return lambda pixels: Outputs(change(network.run(pixels).logits), network.run(pixels).similarity)

    return Engine(
        "Double", "model.onnx", "numpy", lambda predictor, _, file: export_onnx(predictor.model_id, file), open_file
    )


def write(engine, said=None):
    return export_folder(MODEL, Path("out"), engine, open_prepared(Path("prepared/colours")), (said or []).append)


def test_the_folder_says_all_that_a_program_needs(colors_folder):
    said = []
    agreement = export_folder(MODEL, Path("out"), make_engine(), open_prepared(Path("prepared/colours")), said.append)
    assert (agreement.same, agreement.pictures) == (6, 6)
    assert said == ["writing model.onnx for Double", "asking it about 6 test pictures"]
    files = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    golden = {"golden/0.jpeg", "golden/1.webp", "golden/answers.json"}
    assert files == {"README.md", "model.json", "model.onnx"} | golden
    facts = json.loads(Path("out/model.json").read_text("utf-8"))
    assert facts["label_names"] == ["blue", "green", "red"]
    assert facts["input"] == {"name": "pixel_values", "shape": [1, 3, 16, 16]}
    assert facts["outputs"][0] == "logits"
    assert facts["processor"]["size"] == {"height": 16, "width": 16}
    assert (facts["agreement"]["same"], facts["agreement"]["library"]) == (6, "numpy")
    text = Path("out/README.md").read_text("utf-8")
    assert "the same first answer to 6 of 6 test pictures" in text
    assert str(colors_folder) not in text + json.dumps(facts)


@pytest.mark.slow
def test_an_engine_that_answers_differently_leaves_the_older_folder(colors_folder):
    write(make_engine())
    before = Path("out/model.json").read_bytes()
    assert "in this format it would answer differently" in fault_of(write, make_engine(lambda logits: logits * 1.1))
    assert Path("out/model.json").read_bytes() == before
    assert [path.name for path in Path().iterdir() if path.name.startswith(".out")] == []


def test_a_folder_of_somebody_else_is_kept(colors_folder):
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("mine")

    assert fault_of(write, make_engine())
    assert Path("out/thesis.txt").read_text() == "mine"


@pytest.mark.slow
def test_the_command_names_what_was_measured_and_refuses_what_does_not_go_together(colors_folder, monkeypatch, capsys):
    monkeypatch.setitem(ENGINES, "litert", make_engine())
    assert export.main([MODEL, "out", "--format", "litert"]) == 0
    assert "out: Double, same first answer to 6 of 6 test pictures" in capsys.readouterr().out
    for option in ("--resize-inside", "--golden"):
        assert export.main([MODEL, "out", "--format", "litert", option]) == 2
        assert "leave out --resize-inside and --golden" in capsys.readouterr().err
    assert export.main([MODEL, "out.onnx", "--format", "litert"]) == 2
    assert "--format litert makes a folder" in capsys.readouterr().err
    assert not Path("out.onnx").exists()


@pytest.mark.parametrize("name", ["litert", "executorch", "openvino", "coreml"])
def test_without_its_library_an_engine_writes_nothing(colors_folder, monkeypatch, name, capsys):
    for module in ("litert_torch", "executorch.exir", "openvino", "coremltools"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert export.main([MODEL, "out", "--format", name]) == 2
    assert f"pip install -r requirements-{name}.txt" in capsys.readouterr().err
    assert not Path("out").exists()
