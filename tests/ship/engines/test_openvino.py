"""A model for OpenVINO answers as it does in torch."""

from pathlib import Path

import pytest

from vitrine.commands import export
from vitrine.ship.engines.openvino import OPENVINO


@pytest.mark.slow
def test_the_engine_answers_alike_in_float32(colors_folder, capsys):
    pytest.importorskip("openvino", reason="the extra openvino is not installed: requirements-openvino.txt")
    assert export.main(["finished/model", "out", "--format", "openvino"]) == 0
    assert "out: OpenVINO, same first answer to 6 of 6 test pictures" in capsys.readouterr().out
    weights = sum(path.stat().st_size for path in Path("finished/model").glob("model.safetensors"))
    assert Path("out", OPENVINO.file).with_suffix(".bin").stat().st_size > 0.9 * weights  # not halved
