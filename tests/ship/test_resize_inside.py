"""A file that resizes pictures itself sees what the model's own preparation gives."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from tests.factories import fault_of
from vitrine.commands import export
from vitrine.config.data import PreparationSection
from vitrine.data.images.preprocessing import Preparation
from vitrine.data.loading.labeled import LabeledImage
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.onnx import NOTES, open_session
from vitrine.ship.resize_inside import write_with_resizing

SIDE = 8
COUNT = 3 * SIDE * SIDE
LEVEL = 2 / 255  # what one grey level is after normalising
SIZES = [(30, 20), (20, 31), (5, 3), (8, 8), (700, 400), (90, 4), (3, 70)]


def write_plain(file, **section):
    """A file whose logits are a tenth of the pixels that the network sees."""
    preparation = Preparation.from_section(PreparationSection(**section))
    processor = build_processor(SIDE, CENTERED, preparation).to_dict()
    notes = {"label_names": [str(number) for number in range(COUNT)], "metadata": None, "processor": processor}
    pixels = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", COUNT])
    nodes = [
        helper.make_node("Flatten", ["pixel_values"], ["flat"]),
        helper.make_node("Mul", ["flat", "a"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "pixels", [pixels], [logits], [helper.make_tensor("a", 1, [], [0.1])])
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)])
    helper.set_model_props(model, {NOTES: json.dumps(notes)})
    onnx.save(model, file)
    return file


def draw(size, seed=0):
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(cells).resize(size)


@pytest.mark.parametrize("resize", ["squash", "crop", "letterbox"])
@pytest.mark.parametrize("fill_color", ["white", "black"])
def test_the_network_sees_the_same_within_two_levels(tmp_path, resize, fill_color):
    plain = write_plain(tmp_path / "plain.onnx", resize=resize, fill_color=fill_color)
    pictures = [LabeledImage(str(size), "0", lambda size=size: draw(size)) for size in SIZES]
    agreement = write_with_resizing(plain, tmp_path / "whole.onnx", pictures)
    assert (agreement.pictures, agreement.largest_gap < 0.01) == (len(SIZES), True)
    session, predictor = open_session(str(tmp_path / "whole.onnx")), Predictor.load(str(plain))
    for size in SIZES:
        (logits,) = session.run(["logits"], {"picture": np.asarray(draw(size))})
        expected = predictor.pixels([draw(size)]).reshape(1, -1)
        assert np.abs(10 * logits - expected).max() < 2.5 * LEVEL, size
        assert np.abs(10 * logits - expected).mean() < 0.05 * LEVEL, size


def test_vitrine_says_whom_such_a_file_is_for(tmp_path):
    plain = write_plain(tmp_path / "plain.onnx")
    write_with_resizing(plain, tmp_path / "whole.onnx", [LabeledImage("a", "0", lambda: draw((20, 20)))])
    assert "it resizes pictures itself, for other programs" in fault_of(Predictor.load, str(tmp_path / "whole.onnx"))


def test_steps_of_the_preparation_are_refused_by_name(tmp_path):
    plain = write_plain(tmp_path / "plain.onnx", steps=("contrast", "whiten"))
    assert "does more (contrast, whiten); leave it out" in fault_of(
        write_with_resizing, plain, tmp_path / "whole.onnx", []
    )


@pytest.mark.slow
def test_the_command_writes_it_with_pictures_to_try_it_with(colors_folder, capsys):
    assert export.main(["finished/model", "whole.onnx", "--resize-inside", "--golden"]) == 0
    assert "whole.onnx: " in capsys.readouterr().out
    answers = json.loads(Path("whole.golden/answers.json").read_text("utf-8"))
    session, predictor = open_session("whole.onnx"), Predictor.load("finished/model")
    for one in answers["pictures"]:
        picture = np.asarray(predictor.open_image(Path("whole.golden") / one["file"]))
        (logits,) = session.run(["logits"], {"picture": picture})
        shares = np.exp(logits[0]) / np.exp(logits[0]).sum()
        np.testing.assert_allclose(shares, one["probabilities"], atol=5e-3)
    assert export.main(["finished/model", "whole.onnx", "--golden"]) == 0  # ours makes way
    Path("other.golden").mkdir()
    Path("other.golden/thesis.txt").write_text("mine")
    assert export.main(["finished/model", "other.onnx", "--golden"]) == 2
    assert not Path("other.onnx").exists()
