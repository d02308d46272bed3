"""`vitrine verify`: whole, damaged, or nothing that could be compared."""

import shutil

import pytest
from transformers.utils import logging

from tests.data.trees import prepare
from tests.factories import write_tiny_resnet
from tests.records.examples import EXAMPLES, GOLDEN, RUN
from vitrine.commands import verify
from vitrine.models.folder import save_metadata
from vitrine.records.model import ModelMetadata


@pytest.fixture
def model_folder(tmp_path):
    folder = write_tiny_resnet(tmp_path / "run/model", 3)
    save_metadata(folder, EXAMPLES[ModelMetadata]().model_copy(update={"trust": None}))
    return folder


def test_whole_data_sets_and_models_are_told_with_their_size(make_class_folders, model_folder, capsys):
    data = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    assert verify.main([str(data), str(model_folder), str(model_folder.parent)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["whole", str(data)],
        ["whole", str(model_folder)],
        ["whole", str(model_folder)],
    ]
    assert lines[0].endswith("MB")
    assert " 9 files" in lines[0]


def test_a_whole_model_is_told_without_bars_of_reading_it(model_folder, capsys):
    logging.enable_progress_bar()  # another test may have switched them off
    assert verify.main([str(model_folder)]) == 0
    assert capsys.readouterr().err == ""


def test_damage_is_named_with_what_to_do_and_the_others_are_looked_at(make_class_folders, model_folder, capsys):
    data = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    (data / "pictures/test-00000.arrow").unlink()
    (model_folder / "config.json").write_text((model_folder / "config.json").read_text() + " ")
    assert verify.main([str(data), "nowhere", str(model_folder), str(RUN)]) == 1
    out, err = capsys.readouterr()
    assert f"damaged: {data}: pictures/test-00000.arrow is missing\nwhat to do: run `python -m vitrine prepare`" in err
    assert "error: nowhere: neither a prepared data set" in err
    assert f"damaged: {model_folder}: config.json has" in err
    assert out.startswith(f"readable: {RUN / 'model'}: no checksums")


def test_an_earlier_data_set_without_checksums_is_read_as_far_as_it_goes(tmp_path, capsys):
    folder = shutil.copytree(GOLDEN / "prepared/colours", tmp_path / "colours")
    assert verify.main([str(folder)]) == 0
    (folder / "manifest.parquet").write_bytes(b"")
    assert verify.main([str(folder)]) == 1
    assert "manifest.parquet is missing or cannot be read" in capsys.readouterr().err
