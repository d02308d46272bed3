"""A model for Core ML: written where it can be proven."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from vitrine.commands import export
from vitrine.ship.engines import coreml
from vitrine.ship.engines.coreml import COREML
from vitrine.ship.export import load_to_export, measure_side

MODEL = "finished/model"


def test_where_core_ml_cannot_be_computed_nothing_is_written(colors_folder, monkeypatch, capsys):
    monkeypatch.setattr(coreml.platform, "system", lambda: "Linux")
    assert export.main([MODEL, "out", "--format", "coreml"]) == 2
    assert "only macOS computes Core ML" in capsys.readouterr().err
    assert not Path("out").exists()


def test_outputs_are_taken_by_their_names(tmp_path, monkeypatch):
    def predict(given):
        return {"features": np.zeros((1, 4)), "logits": given["pixel_values"].mean(axis=(2, 3))}

    models = types.SimpleNamespace(MLModel=lambda _: types.SimpleNamespace(predict=predict))
    monkeypatch.setitem(sys.modules, "coremltools", types.SimpleNamespace(models=models))
    pixels = np.arange(2, dtype=np.float32).reshape(2, 1, 1, 1)
    assert COREML.open(tmp_path / COREML.file, ("logits", "features"))(pixels).logits.tolist() == [[0], [1]]


@pytest.mark.slow
def test_the_file_is_in_float32_and_names_inputs_and_outputs(colors_folder):
    coremltools = pytest.importorskip(
        "coremltools", reason="the extra coreml is not installed: requirements-coreml.txt"
    )
    predictor = load_to_export(MODEL)
    coreml.convert(predictor, measure_side(predictor), Path("model.mlpackage"))
    description = coremltools.models.MLModel("model.mlpackage", skip_model_load=True).get_spec().description
    assert [one.name for one in description.input] == ["pixel_values"]
    assert next(one.name for one in description.output) == "logits"
