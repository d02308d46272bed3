"""A model for LiteRT answers as it does in torch."""

import sys
import types

import numpy as np
import pytest

from tests.factories import fault_of
from tests.predict.models import write_small_cnn
from vitrine.commands import export
from vitrine.config.data import PreparationSection
from vitrine.ship.engines.litert import LITERT
from vitrine.ship.export import load_to_export, measure_side


def test_a_network_that_it_cannot_compute_is_one_message(tmp_path, monkeypatch):
    def convert(*_, **__):
        raise RuntimeError("no such operation\nand a hundred lines")

    monkeypatch.setitem(sys.modules, "litert_torch", types.SimpleNamespace(convert=convert))
    predictor = load_to_export(str(write_small_cnn(tmp_path, PreparationSection())))
    fault = fault_of(LITERT.write, predictor, measure_side(predictor), tmp_path / LITERT.file)
    assert fault == f"{tmp_path}: LiteRT cannot compute this network (no such operation)"


def test_each_picture_is_asked_alone_and_answers_are_kept_apart(tmp_path, monkeypatch):
    memory = np.zeros((1, 2), np.float32)

    def run(pixel_values):
        memory[:] = pixel_values.mean()
        return {"output_1": memory, "output_0": memory + 1}

    interpreter = types.SimpleNamespace(Interpreter=lambda _: types.SimpleNamespace(get_signature_runner=lambda: run))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", interpreter)
    monkeypatch.setitem(sys.modules, "ai_edge_litert", types.SimpleNamespace(interpreter=interpreter))
    pixels = np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1)
    outputs = LITERT.open(tmp_path / LITERT.file, ("logits", "features"))(pixels)
    assert outputs.logits.tolist() == [[1, 1], [2, 2], [3, 3]]


@pytest.mark.slow
def test_the_engine_answers_alike(colors_folder, capsys):
    pytest.importorskip("litert_torch", reason="the extra litert is not installed: requirements-litert.txt")
    assert export.main(["finished/model", "out", "--format", "litert"]) == 0
    assert "out: LiteRT, same first answer to 6 of 6 test pictures" in capsys.readouterr().out
