import subprocess
import sys

import pytest
import torch

from vitrine.commands.backbones import main
from vitrine.models.backbones import speed
from vitrine.models.backbones.table import BACKBONES


def test_all_backbones_are_listed_within_120_columns(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 120
    assert all(f"\n{name} " in text for name in BACKBONES)
    assert "model.backbone=" in text
    assert "model.architecture=" in text


def column(printed, place):
    """The figures of a column; None for what is not known."""
    rows = [line.split() for line in printed.splitlines()[1:] if line.partition(" ")[0] in BACKBONES]
    return [None if row[place] == "-" else float(row[place]) for row in rows]


@pytest.mark.parametrize(
    ("order", "place", "reverse"),
    [("depth", 2, False), ("size", 3, False), ("top1", 5, True), ("top5", 6, True), ("ms", 8, False)],
)
def test_the_table_is_sorted_by_what_was_asked_for_and_what_is_not_known_comes_last(order, place, reverse, capsys):
    assert main(["--sort", order]) == 0
    values = column(capsys.readouterr().out, place)
    known = [value for value in values if value is not None]
    assert len(values) == len(BACKBONES)
    assert values[: len(known)] == sorted(known, reverse=reverse)


def test_every_accuracy_has_its_likeliest_five_above_it():
    known = [row for row in BACKBONES.values() if row.top1 is not None and row.top5 is not None]
    assert known
    assert all(row.top1 < row.top5 < 100 for row in known)


def test_this_machine_is_measured_on_request(monkeypatch, capsys):
    times = {"resnet18": 20.0, "vgg16": 300.0, "mobilenet_v2": 10.0}
    monkeypatch.setattr(speed, "measure_milliseconds", lambda row, device: times[row.name])
    monkeypatch.setattr(speed, "find_gpu", lambda: None)
    assert main([*times, "--measure", "--sort", "cpu"]) == 0
    printed = capsys.readouterr()
    assert column(printed.out, 9) == [10.0, 20.0, 300.0]
    assert column(printed.out, 10) == [None, None, None]
    assert "GPU: none" in printed.err


def test_a_gpu_has_a_column_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr(
        speed, "measure_milliseconds", lambda row, device: {"cpu": 20.0, "meta": row.depth}[device.type]
    )
    monkeypatch.setattr(speed, "find_gpu", lambda: torch.device("meta"))
    assert main(["vgg16", "resnet18", "--measure", "--sort", "gpu"]) == 0
    assert column(capsys.readouterr().out, 10) == [16, 18]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sort", "cpu"], "--sort cpu: what this machine takes has to be measured; give --measure too"),
        (["--sort", "gpu", "--measure"], "--sort gpu: PyTorch finds no GPU on this machine; take --sort cpu"),
        (["resnet81"], "there is no 'resnet81' in the table of backbones; did you mean resnet18?"),
    ],
)
def test_what_cannot_be_listed_is_one_message(arguments, message, monkeypatch, capsys):
    monkeypatch.setattr(speed, "find_gpu", lambda: None)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_list_comes_without_loading_torch():
    program = (
        "import sys; from vitrine.commands.backbones import main; main([]); "
        "assert not {'torch', 'timm', 'transformers'} & set(sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_a_license_that_binds_is_in_the_row_and_explained(capsys):
    assert main(["convnext_tiny_dinov3", "convnext_tiny_eupe", "convnextv2_nano", "resnet18"]) == 0
    printed = capsys.readouterr().out
    for license_id in ("DINOv3 ", "FAIR NC", "CC-BY-NC-4.0"):
        assert printed.count(license_id) == 2
