"""A file of 8-bit numbers is written only where it answers as float32 does, and says how well that was proven."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.factories import fault_of
from vitrine.commands import export, predict
from vitrine.data.prepared.dataset import open_prepared
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import NOTES, OnnxNetwork, open_session
from vitrine.records.onnx_checksum import seal
from vitrine.ship import int8
from vitrine.ship.export import write_notes
from vitrine.ship.int8 import export_int8
from vitrine.ship.quantize import LAYOUTS

MODEL = "finished/model"


FEW = {"CALIBRATION_PICTURES": 12, "LEAST_CALIBRATION": 6, "LEAST_PICTURES": 15}  # of 30 for training and validation


@pytest.fixture
def few_suffice(monkeypatch):
    for name, count in FEW.items():
        monkeypatch.setattr(int8, name, count)


def read_notes(file):
    (note,) = (note for note in onnx.load(file).metadata_props if note.key == NOTES)
    return json.loads(note.value)


def rewrite_notes(file, **changes):
    content = onnx.load(file)
    write_notes(content, read_notes(file) | changes)
    file.write_bytes(seal(content))


@pytest.fixture(scope="module")
def exported(colors_workplace, tmp_path_factory):
    """The model in 8 bits, and what the command said."""
    file, said = tmp_path_factory.mktemp("int8") / "small.onnx", io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(said):
        patched.chdir(colors_workplace)
        for name, count in FEW.items():
            patched.setattr(int8, name, count)
        patched.setattr(int8, "find_spec", lambda _name: None)  # as without OpenVINO
        assert export.main(["runs/colours/latest/model", str(file), "--format", "int8"]) == 0
    return file, said.getvalue()


@pytest.fixture
def written(colors_folder, exported):
    return Path(shutil.copy(exported[0], "small.onnx"))


def test_it_is_said_how_well_the_file_is_proven_and_it_answers_alike(written, exported, capsys):
    proof = read_notes(written)["int8"]
    assert (proof["calibration_pictures"], proof["pictures"]) == (12, 18)
    assert proof["same"] == 18
    assert proof["interval"][0] == pytest.approx(18 / (18 + 1.96**2), abs=0.001)  # Wilson's, of 18 in 18
    assert "same first answer to 18 of 18 pictures (95 % interval 0.824 to 1.000)" in exported[1]
    assert proof["layout"] in {layout.name for layout in LAYOUTS}
    kinds = {tensor.data_type for tensor in onnx.load(written).graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    float32, eight = Predictor.load(MODEL), Predictor.load(str(written))
    pictures = [float32.open_image(path) for path in sorted(Path("pictures/colours").rglob("*.png"))]
    first, second = (predictor.predict_images(pictures).probabilities for predictor in (float32, eight))
    np.testing.assert_allclose(second, first, atol=0.1)
    assert np.abs(second - first).max() > 1e-6  # or it would be the float32 file
    assert predict.main([str(written), "pictures/colours/red/000.png"]) == 0
    assert ",red," in capsys.readouterr().out


def test_a_file_whose_golden_answers_deviate_here_is_not_used(written):
    golden = read_notes(written)["golden"]
    assert np.abs(softmax(np.array(golden["answers"]["logits"])) - golden["probabilities"]).max() > 1e-5
    turned = [[row[-1], *row[:-1]] for row in golden["answers"]["logits"]]
    rewrite_notes(written, golden=golden | {"answers": golden["answers"] | {"logits": turned}})
    assert "are wrong (by 0." in fault_of(Predictor.load, str(written))


def test_a_file_of_an_earlier_build_opens_and_is_compared_by_its_probabilities(written):
    golden = read_notes(written)["golden"]
    proven = softmax(np.array(golden["answers"]["logits"])).tolist()
    older = {"probabilities": golden["probabilities"], "tolerance": 0.02, "proven": proven}
    rewrite_notes(written, format=2, golden=older)
    assert Predictor.load(str(written)).network.name == "onnxruntime"
    rewrite_notes(written, golden=older | {"proven": [[row[-1], *row[:-1]] for row in proven]})
    assert "are wrong (by 0." in fault_of(Predictor.load, str(written))
    rewrite_notes(written, golden=older | {"proven_by": {"openvino": proven}})
    assert Predictor.load(str(written), open_onnx=lambda path, _threads: Openvino(path, by=0.0))


class Openvino:
    """Stands for OpenVINO, which need not be installed: ONNX Runtime computes, and its first logit is moved."""

    name = "openvino"

    def __init__(self, file, by):
        self.network, self.by = OnnxNetwork(open_session(str(file))), by

    def run(self, pixel_values):
        outputs = self.network.run(pixel_values)
        moved = outputs.logits.copy()
        moved[:, 0] += self.by
        return Outputs(moved, outputs.similarity)


@pytest.fixture
def openvino_moves(monkeypatch):
    """Sets by how much the logits of OpenVINO's double differ, while a file is proven."""

    def install(by):
        monkeypatch.setattr(int8, "find_spec", lambda _name: True)
        monkeypatch.setattr("vitrine.predict.runtimes.openvino.open_openvino", lambda file: Openvino(file, by))

    return install


@pytest.mark.slow
def test_openvino_is_proven_by_itself_where_it_is_installed(colors_folder, few_suffice, openvino_moves, capsys):
    openvino_moves(by=0.3)
    assert export.main([MODEL, "small.onnx", "--format", "int8"]) == 0
    assert "OpenVINO: same first answer to 18 (`--runtime auto` takes the faster" in capsys.readouterr().out
    file, notes = str(Path("small.onnx").absolute()), read_notes("small.onnx")
    assert (notes["int8"]["same"], notes["int8"]["by_openvino"]["same"]) == (18, 18)
    assert Predictor.load(file, open_onnx=lambda path, _threads: Openvino(path, by=0.3)).network.name == "openvino"
    for by in (0.0, 0.9):
        message = fault_of(Predictor.load, file, open_onnx=lambda path, _threads, by=by: Openvino(path, by))
        assert "on this machine its answers to pictures whose answers are known are wrong (by 0." in message


@pytest.mark.slow
def test_openvino_with_other_answers_is_not_for_this_file(colors_folder, few_suffice, openvino_moves, capsys):
    openvino_moves(by=100.0)
    assert export.main([MODEL, "small.onnx", "--format", "int8"]) == 0
    assert "OpenVINO will not be used: " in capsys.readouterr().out
    notes = read_notes("small.onnx")
    assert (notes["int8"]["by_openvino"], notes["golden"]["answers_by"]) == (None, {})
    assert "of 18 pictures alike" in notes["int8"]["refused"]["openvino"]


def test_openvino_that_was_refused_does_not_answer_later(written):
    rewrite_notes(written, int8=read_notes(written)["int8"] | {"refused": {"openvino": "9 of 18 pictures alike"}})
    message = fault_of(Predictor.load, str(written), open_onnx=lambda path, _threads: Openvino(path, by=0.0))
    assert "openvino was refused when it was written (9 of 18 pictures alike); leave --runtime out" in message


def test_openvino_that_was_not_proven_is_refused_with_what_to_do(written):
    message = fault_of(Predictor.load, str(written), open_onnx=lambda path, _threads: Openvino(path, by=0.0))
    assert "whether openvino computes it rightly was not proven when it was written" in message
    assert "leave --runtime out, or write it again where openvino is installed" in message


def test_a_file_of_a_later_version_is_named(written):
    rewrite_notes(written, format=99)
    assert "a later version of Vitrine wrote it (format 99)" in fault_of(Predictor.load, str(written))


def test_too_few_pictures_prove_nothing(colors_folder):
    message = fault_of(export_int8, MODEL, Path("small.onnx"), open_prepared(Path("prepared/colours")), print)
    assert "int8 is not proven: 30 training and validation pictures are too few" in message
    assert not Path("small.onnx").exists()


@pytest.mark.slow
def test_other_answers_are_refused_with_their_figures(colors_folder, few_suffice, monkeypatch, capsys):
    monkeypatch.setattr(int8, "LEAST_SAME", 1.01)
    assert export.main([MODEL, "small.onnx", "--format", "int8"]) == 2
    error = capsys.readouterr().err
    assert "would give another first answer to more than 1 % of the pictures" in error
    assert error.count(" of 18 alike") == len(LAYOUTS)
    assert not Path("small.onnx").exists()


def test_of_many_validation_pictures_all_classes_prove(colors_folder, few_suffice, monkeypatch):
    monkeypatch.setattr(int8, "MOST_PICTURES", 3)
    sides = int8._choose_pictures(Predictor.load(MODEL), open_prepared(Path("prepared/colours")))
    assert [picture.label_name for picture in sides.proof] == ["blue", "green", "red"]


def test_pictures_of_every_class_calibrate_however_many_there_are(colors_folder, few_suffice, monkeypatch):
    monkeypatch.setattr(int8, "CALIBRATION_PICTURES", 1)
    monkeypatch.setattr(int8, "LEAST_CALIBRATION", 1)
    sides = int8._choose_pictures(Predictor.load(MODEL), open_prepared(Path("prepared/colours")))
    assert sorted(picture.label_name for picture in sides.calibration) == ["blue", "green", "red"]


def test_calibration_takes_the_classes_in_turn():
    label_ids = np.array([0] * 50 + [1] * 3 + [2] * 10)
    order = int8._take_turns(label_ids)
    assert sorted(order) == list(range(63))
    assert [set(label_ids[order[start : start + 3]]) for start in (0, 3, 6)] == [{0, 1, 2}] * 3
    assert 1 not in label_ids[order[9:]]
