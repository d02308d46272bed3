"""What is missing is told before anything heavy is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts
from vitrine.workflows.early_checks import check_inputs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A folder that says it is a prepared data set."""
    folder = tmp_path / "prepared" / "dogs"
    folder.mkdir(parents=True)
    monkeypatch.setattr(PreparedFacts, "read", classmethod(lambda cls, path: None))
    (folder / FACTS).write_text("{}")
    return folder


def recipe_of(prepared, *overrides):
    return load_recipe(None, [f"data.prepared={prepared}", *overrides])


def test_a_data_set_that_is_not_there_is_told_first(tmp_path):
    with pytest.raises(UserError, match=r"none is not a prepared data set \(no prepared.json\)"):
        check_inputs(recipe_of(tmp_path / "none", "model.backbone=weights/none"))


def test_a_store_that_holds_no_data_set_is_told_first(put_in_store, tmp_path):
    with pytest.raises(UserError, match=r"memory://bucket holds no prepared data set"):
        check_inputs(recipe_of(put_in_store(tmp_path / "none"), "model.backbone=weights/none"))


def test_what_is_there_passes(prepared):
    check_inputs(recipe_of(prepared))
    check_inputs(recipe_of(prepared), "resnet18")


def test_a_backbone_given_beside_the_recipe_takes_its_place(prepared):
    with pytest.raises(UserError, match=r"model.backbone: there is no 'resnet81'; nearest in our table: resnet18"):
        check_inputs(recipe_of(prepared), "resnet81")


def test_features_of_random_weights_are_refused_where_they_are_asked_for(prepared):
    with pytest.raises(UserError, match=r"'small_cnn' starts from random weights, .*; take another"):
        check_inputs(recipe_of(prepared), ways_out="take another")
    with pytest.raises(UserError, match=r"model.pretrained: false starts the backbone from random weights"):
        check_inputs(recipe_of(prepared, "model.backbone=resnet18", "model.pretrained=false"), ways_out="take another")
    check_inputs(recipe_of(prepared), "resnet18", "take another")


@pytest.mark.parametrize("command", ["train", "study", "learning-curve", "find-rate"])
def test_commands_say_it_before_torch_is_there_and_leave_nothing(command, tmp_path):
    program = (
        "import sys; from vitrine.__main__ import main; code = main(); "
        "print(code, sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    arguments = [command, "name=dogs", "model.backbone=resnet18", f"data.prepared={tmp_path / 'none'}"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "2 []\n"
    assert done.stderr.startswith(f"error: {tmp_path / 'none'} is not a prepared data set")
    assert list(tmp_path.iterdir()) == []


def test_of_a_data_set_that_is_streamed_no_whole_copy_is_made(in_many_files, put_in_store, tmp_path):
    check_inputs(recipe_of(put_in_store(in_many_files.folder), "engine.reading=streamed"))
    copies = [path.name for path in (tmp_path / "cache" / "vitrine" / "prepared").glob("bucket-*")]
    assert [name.endswith("-streamed") for name in copies] == [True]
