"""An ONNX file knows whether it is as it was written."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vitrine.records.onnx_checksum import CHECKSUM, has_checksum, is_as_written, seal


def model():
    """y = x + w, with a note."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [64]) for name in "xy")
    weights = numpy_helper.from_array(np.arange(64, dtype=np.float32), "w")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    made = helper.make_model(helper.make_graph([node], "sum", [x], [y], [weights]))
    made.metadata_props.add(key="vitrine", value='{"label_names": []}')
    return made


def test_a_sealed_file_is_a_model_with_its_notes_and_is_as_written(tmp_path):
    (tmp_path / "a.onnx").write_bytes(seal(model()))
    read = onnx.load(str(tmp_path / "a.onnx"))
    onnx.checker.check_model(read)
    assert [note.key for note in read.metadata_props] == ["vitrine", CHECKSUM]
    assert has_checksum(tmp_path / "a.onnx")
    assert is_as_written(tmp_path / "a.onnx")


def test_a_model_that_was_sealed_can_be_written_without_a_checksum(tmp_path):
    sealed = onnx.load_model_from_string(seal(model()))
    seal(sealed)
    (tmp_path / "a.onnx").write_bytes(sealed.SerializeToString())
    assert not has_checksum(tmp_path / "a.onnx")


def test_any_byte_that_changes_is_found(tmp_path):
    sealed = seal(model())
    digest = sealed.rfind(CHECKSUM.encode())
    for place in (2, len(sealed) // 3, len(sealed) // 2, digest + 20, len(sealed) - 3):
        damaged = bytearray(sealed)
        damaged[place] ^= 4
        (tmp_path / "a.onnx").write_bytes(damaged)
        assert not is_as_written(tmp_path / "a.onnx"), place


def test_a_file_that_was_changed_can_be_sealed_again(tmp_path):
    first = onnx.load_model_from_string(seal(model()))
    first.metadata_props[0].value = "{}"
    (tmp_path / "a.onnx").write_bytes(first.SerializeToString())
    assert not is_as_written(tmp_path / "a.onnx")
    (tmp_path / "a.onnx").write_bytes(seal(first))
    assert is_as_written(tmp_path / "a.onnx")


@pytest.mark.parametrize("content", [b"", model().SerializeToString()])
def test_a_file_without_a_checksum_is_taken_as_it_is(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    assert not has_checksum(tmp_path / "a.onnx")
    assert is_as_written(tmp_path / "a.onnx")
