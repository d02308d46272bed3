"""A graph of whole numbers is put together beforehand, where the pinned runtime of browsers knows the outcome."""

import numpy as np
import onnx

from tests.ship.browser.pages import SIDE, write_int8, write_onnx
from vitrine.predict.predictor import Predictor
from vitrine.records.onnx_checksum import is_as_written
from vitrine.ship.browser import fusing
from vitrine.ship.browser.fusing import fuse


def list_operators(file):
    return [node.op_type for node in onnx.load(file).graph.node]


def test_whole_numbers_are_put_together_and_answer_as_before(tmp_path):
    file = write_int8(tmp_path / "whole.onnx")
    pixels = np.random.default_rng(0).standard_normal((2, 3, SIDE, SIDE)).astype(np.float32)
    before = Predictor.load(str(file)).network.run(pixels)
    assert "Conv" in list_operators(file)
    assert fuse(file)
    assert "QLinearConv" in list_operators(file)
    assert "Conv" not in list_operators(file)
    assert is_as_written(file)
    np.testing.assert_array_equal(Predictor.load(str(file)).network.run(pixels).logits, before.logits)


def test_what_browsers_might_not_know_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(fusing, "KNOWN", set())
    file = write_int8(tmp_path / "whole.onnx")
    before = file.read_bytes()
    assert not fuse(file)
    assert file.read_bytes() == before


def test_float32_is_left_to_the_browser(tmp_path):
    file = write_onnx(tmp_path / "tiny.onnx")
    before = file.read_bytes()
    assert not fuse(file)
    assert file.read_bytes() == before
