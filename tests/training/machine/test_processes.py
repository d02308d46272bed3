import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
import torch
from transformers import Dinov2Config, Dinov2ForImageClassification

from tests.factories import IMAGENET, SIDE, make_recipe, prepare, write_colored_classes
from tests.training.children import train
from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_shard_loader
from vitrine.data.manifest.split_names import VALIDATION
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.stages import set_trainable, set_training_mode
from vitrine.models.folder import build_processor, save_model
from vitrine.models.heads import Head
from vitrine.records import folder as run_folder
from vitrine.training.machine.processes import has_unused

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("length", [5, 42, 97])
@pytest.mark.parametrize(("size", "processes"), [(4, 1), (4, 2), (12, 3)])
def test_each_picture_is_seen_once_however_many_devices_share_them(length, size, processes):
    shares = [StepBatches(EpochSampler(length, 0), size, processes, rank) for rank in range(processes)]
    alone = StepBatches(EpochSampler(length, 0), size)
    for batches in (alone, *shares):
        batches.start(epoch=3)
    steps = [[index for part in parts for index in part] for parts in zip(*shares, strict=True)]
    assert steps == list(alone)
    assert sorted(index for step in steps for index in step) == list(range(length))
    sizes = [len(step) for step in steps]
    assert sizes == [alone.size(number) for number in range(alone.steps)]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1


def test_a_later_start_gives_the_rest_of_the_epoch():
    batches = StepBatches(EpochSampler(42, 0), 8)
    batches.start(2)
    whole = list(batches)
    batches.start(2, first_step=3)
    assert list(batches) == whole[3:]
    assert len(batches) == len(whole) - 3


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_evaluation_counts_each_picture_once(prepared, processes):
    split = prepared.splits[VALIDATION]
    loaders = [build_shard_loader(split, 4, 0, processes, rank) for rank in range(processes)]
    seen = [index for loader in loaders for batch in loader for index in batch["index"].tolist()]
    assert sorted(seen) == list(range(len(split)))


@pytest.mark.slow
def test_two_processes_give_the_metrics_of_one(prepared, tmp_path):
    records = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        overrides = ("optim.epochs=3", f"optim.batch_size={16 // processes}", "model.small_cnn.dropout=0.0")
        assert train(make_recipe(prepared, *overrides), folder, processes) == [0] * processes
        history = pd.read_csv(folder / run_folder.HISTORY)
        test = json.loads((folder / run_folder.METRICS).read_text())["test"]
        records.append((history, test, sorted(path.name for path in folder.iterdir())))
    (one, one_test, one_files), (two, two_test, two_files) = records
    for column in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "calibrated_loss"):
        assert two[column].to_numpy() == pytest.approx(one[column].to_numpy(), abs=1e-3)
    assert two_test["loss"] == pytest.approx(one_test["loss"], abs=1e-3)
    assert two_test["accuracy"] == one_test["accuracy"]
    assert two_files == one_files


@pytest.mark.slow
def test_two_processes_fit_the_head_first_to_the_accuracy_of_one(prepared, checkpoint, tmp_path):
    records = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        overrides = (f"model.backbone={checkpoint}", "optim.epochs=2", f"optim.batch_size={16 // processes}")
        recipe = make_recipe(prepared, *overrides, "augmentation.policy=none", "augmentation.horizontal_flip=off")
        assert train(recipe, folder, processes) == [0] * processes
        training = json.loads((folder / run_folder.METRICS).read_text())["training"]
        records.append((training["head_first_accuracy"], pd.read_csv(folder / run_folder.HISTORY)))
    (one_head, one), (two_head, two) = records
    assert one_head == two_head > 0.9
    for column in ("train_loss", "validation_loss"):  # the statistics of batch norm do not depend on the batches
        assert two[column].to_numpy() == pytest.approx(one[column].to_numpy(), abs=1e-3)


@pytest.mark.slow
def test_two_processes_train_on_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("vitrine.data.prepared.shards.SHARD_BYTES", 1)
    monkeypatch.setattr("vitrine.data.prepared.shards.BATCH_BYTES", 16_000)  # few pictures in each file
    prepared = prepare(write_colored_classes(tmp_path / "source"), tmp_path / "prepared" / "colours")
    folder = tmp_path / "run"
    folder.mkdir()
    recipe = make_recipe(prepared, "engine.reading=shards", "optim.epochs=3", "optim.batch_size=4")
    assert train(recipe, folder, 2) == [0, 0]
    assert len(pd.read_csv(folder / run_folder.HISTORY)) == 3


@pytest.mark.slow
def test_two_processes_that_stream_train_just_what_they_do_from_the_folder(in_many_files, tmp_path):
    weights = []
    constants = {
        "vitrine.data.prepared.training_files.KEPT_BYTES": 30_000,
        "vitrine.data.prepared.local_copy.cache_folder": partial(Path, tmp_path / "cache"),
    }
    with serving(in_many_files.folder) as address:
        for place in (in_many_files.folder, address):
            folder = tmp_path / f"run_{len(weights)}"
            folder.mkdir()
            recipe = make_recipe(in_many_files, "engine.reading=streamed", "optim.batch_size=2", "report.study=off")
            recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"prepared": str(place)})})
            assert train(recipe, folder, 2, constants=constants) == [0, 0], (folder / "error.txt").read_text()
            weights.append((folder / "model" / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    (copy,) = (tmp_path / "cache" / "prepared").glob("colours-*")
    assert copy.name.endswith("-streamed")


@contextmanager
def serving(folder):
    """The address of a folder on a web server of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}"
        server.shutdown()


@pytest.fixture
def dino(tmp_path):
    """A DINOv2 as it comes from the Hub: no answer makes use of its mask token."""
    config = Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=SIDE, patch_size=8, num_labels=3
    )
    save_model(tmp_path / "dino", Dinov2ForImageClassification(config), build_processor(SIDE, IMAGENET))
    return tmp_path / "dino"


@pytest.mark.parametrize("head", ["linear", "dense"])
def test_a_parameter_that_no_answer_makes_use_of_is_found(prepared, dino, head):
    model, _ = build_backbone(str(dino), prepared.label_names, head=Head(head), image_size=SIDE)
    assert has_unused(model, prepared.splits[VALIDATION])
    set_trainable(model, "head")
    assert not has_unused(model, prepared.splits[VALIDATION])


def test_looking_for_unused_parameters_leaves_the_network_as_it_was(prepared):
    model = build_small_cnn(prepared.label_names, (8, 16), 1, 0.1)
    set_trainable(model, "last")
    set_training_mode(model)
    modes = [module.training for module in model.modules()]
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert not has_unused(model, prepared.splits[VALIDATION])
    assert [module.training for module in model.modules()] == modes
    assert len(set(modes)) == 2
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.slow
def test_two_processes_train_a_network_with_an_unused_parameter(prepared, dino, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    recipe = make_recipe(prepared, f"model.backbone={dino}", "model.trainable_part=all", "optim.batch_size=4")
    assert train(recipe, folder, 2) == [0, 0], (folder / "error.txt").read_text()


def test_own_batch_norm_of_several_processes_is_that_of_torch_for_one(tmp_path):
    """A group of one: sums over all processes are its own."""
    from vitrine.training.machine.processes import SharedBatchNorm2d

    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        torch.manual_seed(0)
        plain, shared = torch.nn.BatchNorm2d(3), SharedBatchNorm2d(3)
        first = torch.randn(4, 3, 5, 5, requires_grad=True)
        second = first.detach().clone().requires_grad_()
        torch.testing.assert_close(shared(second), plain(first))
        (plain(first) ** 3).sum().backward()
        (shared(second) ** 3).sum().backward()
        torch.testing.assert_close(second.grad, first.grad, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(shared.state_dict(), plain.state_dict())
        plain.eval(), shared.eval()
        torch.testing.assert_close(shared(second), plain(second))
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_the_train_script_runs_under_torchrun_with_one_writer(prepared, tmp_path):
    (tmp_path / "prepared").symlink_to(prepared.folder.parent)
    overrides = ["name=colours", "data.image_size=32", "checks.near_duplicates=off", "checks.contradictions=keep"]
    overrides += ["model.small_cnn.filters=[8, 16]", "optim.epochs=2", "optim.batch_size=8", "engine.precision=fp32"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    answer = subprocess.run(
        [*command, str(ROOT / "train.py"), *overrides], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("test accuracy") == 1
    assert answer.stdout.count("epoch   2") == 1
    runs = [path for path in (tmp_path / "runs/colours").iterdir() if not path.is_symlink()]
    assert len(runs) == 1
    assert not list(runs[0].rglob("*.partial"))
    assert len(list((runs[0] / run_folder.TENSORBOARD).glob("events*"))) == 1
    assert json.loads((runs[0] / run_folder.METRICS).read_text())["training"]["processes"] == 2
