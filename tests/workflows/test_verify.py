"""Whether a data set, a run or a model is what was written; the command's own words are tested with the command."""

import shutil

import numpy as np
import onnx
import pytest

from tests.data.trees import prepare
from tests.factories import fault_of
from vitrine.records.onnx_checksum import seal
from vitrine.workflows.verify import verify


def test_a_whole_data_set_has_its_files_counted_and_no_damage(make_class_folders):
    folder = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    found = verify(folder)
    assert (found.folder, found.files, found.damage) == (folder, 9, ())
    assert 0 < found.size_bytes <= sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_flipped_bit_in_a_shard_is_found(make_class_folders):
    folder = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    shard = folder / "pictures" / "train-00000.arrow"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    (damage,) = verify(str(folder)).damage
    assert "train-00000.arrow" in str(damage)
    assert "it mends what is damaged" in verify(folder).remedy


def test_a_runs_model_is_looked_at_and_a_changed_weight_is_found(colors_workplace, tmp_path):
    copy = shutil.copytree((colors_workplace / "runs/colours/latest").resolve(), tmp_path / "run")
    whole = verify(copy)
    assert (whole.folder, whole.damage) == (copy / "model", ())
    assert whole.files > 3
    weights = copy / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    assert len(verify(copy).damage) == 1


def test_an_onnx_file_is_compared_with_the_checksum_in_its_notes(tmp_path):
    model = onnx.helper.make_model(onnx.helper.make_graph([], "nothing", [], []))
    (tmp_path / "m.onnx").write_bytes(seal(model))
    assert (verify(tmp_path / "m.onnx").files, verify(tmp_path / "m.onnx").damage) == (1, ())
    (tmp_path / "m.onnx").write_bytes(seal(model).replace(b"nothing", b"nothinG"))
    assert str(verify(tmp_path / "m.onnx").damage[0]) == "m.onnx does not hold what was written"
    assert "export" in verify(tmp_path / "m.onnx").remedy


@pytest.mark.parametrize("name", ["m.onnx", "M.ONNX"])
def test_an_onnx_file_without_a_checksum_is_opened(tmp_path, name):
    (tmp_path / name).write_bytes(addition().SerializeToString())
    assert (verify(tmp_path / name).files, verify(tmp_path / name).damage) == (0, ())


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_an_onnx_file_that_was_cut_short_has_lost_its_checksum_and_is_damaged(tmp_path, share):
    whole = seal(addition())
    (tmp_path / "m.onnx").write_bytes(whole[: int(share * len(whole))])
    (damage,) = verify(tmp_path / "m.onnx").damage
    assert str(damage).startswith("m.onnx cannot be read as an ONNX file (")


def addition():
    """y = x + w."""
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [640]) for name in "xy")
    weights = onnx.numpy_helper.from_array(np.ones(640, np.float32), "w")
    node = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph([node], "sum", [x], [y], [weights])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_that_is_none_of_them_is_named(tmp_path, name):
    assert "neither a prepared data set (prepared.json), a run, nor a model" in fault_of(verify, tmp_path / name)


def test_a_data_set_in_a_store_is_copied_and_a_damaged_copy_is_mended(make_class_folders, put_in_store):
    found = verify(put_in_store(prepare(make_class_folders({"cat": 5, "dog": 5})).folder))
    assert (found.files, found.damage) == (9, ())
    shard = found.folder / "pictures" / "train-00000.arrow"
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    assert verify("memory://bucket") == found
