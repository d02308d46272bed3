"""What was measured and exported is found again where all is as it was, and nowhere else."""

import os
import time

import pytest
import torch
from safetensors.torch import load_file

from tests.factories import fault_of, write_tiny_resnet
from tests.predict.models import write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.predict.predictor import Predictor
from vitrine.records.locks import is_locked
from vitrine.records.runtime import RuntimeChoice
from vitrine.workflows import runtime_cache
from vitrine.workflows.runtime_cache import (
    check_writable,
    describe_machine,
    digest_model,
    find_cache,
    keep_choice,
    measuring_alone,
    read_choice,
)


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/vitrine/runtimes"


def choice_for(threads=None):
    return RuntimeChoice(machine=describe_machine(threads), chosen="torch", seconds={"torch": 0.1})


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setenv("CUDA_VISIBLE_DEVICES", ""),
        lambda patch: patch.setenv("OMP_NUM_THREADS", "77"),
        lambda patch: patch.setattr(runtime_cache, "count_cores", lambda: 77),
        lambda patch: patch.setattr(runtime_cache, "_read_quota", lambda: "50000 100000"),
        *(
            lambda patch, package=package: patch.setattr(
                runtime_cache, "version", lambda name: "99" if name == package else "1"
            )
            for package in ("onnxruntime-gpu", "timm", "transformers")
        ),
    ],
    ids=["devices", "threads of torch", "affinity", "quota", "onnxruntime-gpu", "timm", "transformers"],
)
def test_it_is_measured_anew_where_another_time_is_likely(change, root, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(runtime_cache, "version", lambda _name: "1")
    keep_choice(choice_for(), root / "model", pytest.fail)
    assert read_choice(root / "model", None) == choice_for()
    assert read_choice(root / "model", threads=1) is None
    change(monkeypatch)
    assert read_choice(root / "model", None) is None


def test_a_choice_that_is_cut_off_or_not_there_is_none(root):
    assert read_choice(root / "model", None) is None
    keep_choice(choice_for(), root / "model", pytest.fail)
    (root / "model/runtime.json").write_text("{")
    assert read_choice(root / "model", None) is None


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    message = fault_of(check_writable, tmp_path / "file" / "model")
    assert f"{tmp_path / 'file/model'} cannot be written (" in message
    assert "set XDG_CACHE_HOME to a folder that can" in message


def test_what_has_been_of_no_use_for_long_makes_way(root):
    ages = {"old": 91, "used": 91, "new": 1}
    for name in ages:
        keep_choice(choice_for(), root / name, pytest.fail)
    for name, days in ages.items():
        os.utime(root / name, (time.time() - days * 24 * 3600,) * 2)
    assert read_choice(root / "used", None)
    keep_choice(choice_for(), root / "another", pytest.fail)
    assert {path.name for path in root.iterdir()} == {"used", "new", "another"}


def test_one_process_measures_at_a_time(root):
    with measuring_alone():
        assert is_locked(root / "measuring.lock")
    assert not is_locked(root / "measuring.lock")


def test_where_nothing_can_be_written_nobody_is_kept_out(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with measuring_alone():
        pass


def test_an_exporter_that_writes_another_file_has_another_place(tmp_path, monkeypatch):
    model = write_small_cnn(tmp_path / "model", PreparationSection())
    before = find_cache(model)
    monkeypatch.setattr(runtime_cache, "EXPORT_FORMAT", runtime_cache.EXPORT_FORMAT + 1)
    assert find_cache(model) != before


def test_the_cache_belongs_to_the_files_of_the_model(tmp_path):
    model, other = (write_small_cnn(tmp_path / name, PreparationSection()) for name in ("model", "same"))
    assert find_cache(other) == find_cache(model)
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    assert find_cache(other) != find_cache(model)


def test_weights_of_any_format_tell_models_apart(tmp_path):
    cat = write_pickled(tmp_path / "cat", biased=0)
    dog = write_pickled(tmp_path / "dog", biased=2)
    assert (cat / "config.json").read_text() == (dog / "config.json").read_text()
    assert find_cache(cat) != find_cache(dog)
    assert digest_model(Predictor.load(str(cat))) != digest_model(Predictor.load(str(dog)))


def write_pickled(folder, biased):
    """As other programs write it, with weights in pytorch_model.bin alone; one class is ever the first."""
    write_tiny_resnet(folder, 3)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.1.bias"][biased] += 9
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    return folder
