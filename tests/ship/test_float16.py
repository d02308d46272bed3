"""An ONNX file in numbers of 16 bits."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from vitrine.commands import export
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.onnx import NOTES
from vitrine.ship import float16

MODEL = "finished/model"


def count(content, kind):
    return sum(tensor.data_type == kind for tensor in content.graph.initializer if len(tensor.dims) == 4)


def test_the_file_is_in_16_bits_answers_alike_and_says_how_alike(colors_folder, capsys):
    assert export.main([MODEL, "half.onnx", "--format", "float16"]) == 0
    assert "same first answer to 6 of 6 test pictures" in capsys.readouterr().out
    content = onnx.load("half.onnx")
    assert count(content, onnx.TensorProto.FLOAT16) > 0
    assert count(content, onnx.TensorProto.FLOAT) == 0
    (notes,) = (json.loads(note.value) for note in content.metadata_props if note.key == NOTES)
    assert (notes["float16"]["same"], notes["float16"]["pictures"]) == (6, 6)
    float32, half = Predictor.load(MODEL), Predictor.load("half.onnx")
    pictures = [float32.open_image(path) for path in sorted(Path("pictures/colours").rglob("*.png"))]
    first, second = (predictor.predict_images(pictures).probabilities for predictor in (float32, half))
    gap = np.abs(first - second).max()
    assert 1e-7 < gap < 1e-2  # 0 would be the float32 file
    assert gap == pytest.approx(notes["float16"]["largest_gap"], abs=1e-2)


def test_a_file_that_answers_differently_is_not_written(colors_folder, monkeypatch, capsys):
    monkeypatch.setattr(float16, "ROUNDED", -1.0)
    assert export.main([MODEL, "half.onnx", "--format", "float16"]) == 2
    assert "in this format it would answer differently" in capsys.readouterr().err
    assert not Path("half.onnx").exists()


def test_a_file_that_is_there_stays_where_the_new_one_fails_when_it_is_asked(colors_folder, monkeypatch, capsys):
    Path("half.onnx").write_bytes(b"the one before")

    load = Predictor.load

    def refuse(place, *arguments):
        if place.endswith(".onnx"):
            raise UserError("it deviates from its golden answers")
        return load(place, *arguments)

    monkeypatch.setattr(Predictor, "load", refuse)
    assert export.main([MODEL, "half.onnx", "--format", "float16"]) == 2
    assert Path("half.onnx").read_bytes() == b"the one before"
