"""`python -m vitrine export`: what is printed of a file that was written, and of a mistake."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine.ship.export as ship
from vitrine.commands import export
from vitrine.errors import UserError


def test_size_classes_and_origin_are_told(tmp_path, monkeypatch, capsys):
    def write(model, file):
        assert (model, file) == ("runs/digits/latest/model", tmp_path / "digits.onnx")
        file.write_bytes(bytes(2_460_000))
        return SimpleNamespace(label_names=("a", "b", "c"))

    monkeypatch.setattr(ship, "export_onnx", write)
    assert export.main(["runs/digits/latest/model", str(tmp_path / "digits.onnx")]) == 0
    told = f"{tmp_path / 'digits.onnx'}: 2.5 MB, 3 classes, same answers as runs/digits/latest/model\n"
    assert capsys.readouterr().out == told


def test_a_mistake_is_one_message(monkeypatch, capsys):
    def refuse(_model, file: Path):
        raise UserError(f"{file}: must end in .onnx")

    monkeypatch.setattr(ship, "export_onnx", refuse)
    assert export.main(["model", "digits.txt"]) == 2
    assert capsys.readouterr() == ("", "error: digits.txt: must end in .onnx\n")


def test_a_file_to_write_is_asked_for(capsys):
    with pytest.raises(SystemExit, match="2"):
        export.main(["model"])
    assert "the following arguments are required: target" in capsys.readouterr().err
