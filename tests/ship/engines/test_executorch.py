"""A model for ExecuTorch answers as it does in torch."""

import sys
import types

import numpy as np
import pytest
import torch

from tests.factories import fault_of
from tests.predict.models import write_small_cnn
from vitrine.commands import export
from vitrine.config.data import PreparationSection
from vitrine.ship.engines.executorch import EXECUTORCH
from vitrine.ship.export import load_to_export, measure_side

PARTITIONER = "executorch.backends.xnnpack.partition.xnnpack_partitioner"


def test_a_network_that_it_cannot_compute_is_one_message(tmp_path, monkeypatch):
    def lower(*_, **__):
        raise RuntimeError("no such operation\nand a hundred lines")

    monkeypatch.setitem(sys.modules, "executorch.exir", types.SimpleNamespace(to_edge_transform_and_lower=lower))
    monkeypatch.setitem(sys.modules, PARTITIONER, types.SimpleNamespace(XnnpackPartitioner=object))
    predictor = load_to_export(str(write_small_cnn(tmp_path, PreparationSection())))
    fault = fault_of(EXECUTORCH.write, predictor, measure_side(predictor), tmp_path / EXECUTORCH.file)
    assert fault == f"{tmp_path}: ExecuTorch cannot compute this network (no such operation)"


def test_each_picture_is_asked_alone_and_answers_are_kept_apart(tmp_path, monkeypatch):
    memory = torch.zeros(1, 2)

    def execute(given):
        memory[:] = given[0].mean()
        return [memory, memory]

    method = types.SimpleNamespace(execute=execute)
    program = types.SimpleNamespace(load_method=lambda _: method)
    runtime = types.SimpleNamespace(get=lambda: types.SimpleNamespace(load_program=lambda _: program))
    monkeypatch.setitem(sys.modules, "executorch.runtime", types.SimpleNamespace(Runtime=runtime))
    pixels = np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1)
    outputs = EXECUTORCH.open(tmp_path / EXECUTORCH.file, ("logits", "features"))(pixels)
    assert outputs.logits.tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.slow
def test_the_engine_answers_alike(colors_folder, capsys):
    pytest.importorskip("executorch", reason="the extra executorch is not installed: requirements-executorch.txt")
    assert export.main(["finished/model", "out", "--format", "executorch"]) == 0
    assert "out: ExecuTorch, same first answer to 6 of 6 test pictures" in capsys.readouterr().out
