"""A network with a head of ours: its shape, its loss, its folder with and without Vitrine."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from tests.factories import IMAGENET, SIDE, write_tiny_resnet
from tests.models.headed import HEADS, LABELS, TIMM, build_headed
from vitrine.models.folder import build_processor, load_model, save_model
from vitrine.models.headed_network import VitrineConfig, remove_parts


@pytest.mark.parametrize("head", HEADS)
def test_a_head_of_ours_trains_whole_and_reloads_with_equal_outputs(name, head, tmp_path):
    model = build_headed(name, head).train()
    pixels = torch.rand(4, 3, SIDE, SIDE)
    model(pixels, labels=torch.tensor([0, 1, 2, 0])).loss.backward()
    # A parameter without a gradient stops training on several processes.
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []
    save_model(tmp_path / "model", model.eval(), build_processor(SIDE, IMAGENET))
    reloaded, *_ = load_model(str(tmp_path / "model"))
    assert type(reloaded).__name__ == "VitrineForImageClassification"
    with torch.inference_mode():
        torch.testing.assert_close(reloaded(pixels).logits, model(pixels).logits)


@pytest.mark.slow
def test_the_folder_of_a_head_of_ours_loads_where_vitrine_is_not_installed(tmp_path):
    lines = ["import sys, torch; from transformers import pipeline; from PIL import Image"]
    for number, head in enumerate(HEADS):
        folder = tmp_path / f"my.{head.kind}-v{number} é"
        model = build_headed(TIMM, head).eval()
        save_model(folder, model, build_processor(SIDE, IMAGENET))
        with torch.inference_mode():
            expected = model(torch.ones(1, 3, SIDE, SIDE)).logits[0].tolist()
        lines += [
            f"pipe = pipeline('image-classification', model={str(folder)!r}, trust_remote_code=True)",
            "answers = pipe(Image.new('RGB', (50, 40), 'red'))",
            f"assert sorted(answer['label'] for answer in answers) == {sorted(LABELS)}",
            f"logits = pipe.model(torch.ones(1, 3, {SIDE}, {SIDE})).logits[0]",
            f"assert torch.allclose(logits, torch.tensor({expected}), rtol=1e-4, atol=1e-6), logits",
        ]
    program = "\n".join([*lines, "assert 'vitrine' not in sys.modules"])
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]


@pytest.mark.parametrize(("kind", "layers"), [("dense", (16,)), ("flatten", ())])
def test_a_configuration_of_an_earlier_build_names_one_layer_which_flatten_did_not_have(kind, layers):
    assert VitrineConfig(head=kind, head_units=16).hidden_units == layers


def test_a_dense_head_is_linear_relu_dropout_linear():
    kinds = [type(layer) for layer in build_headed(TIMM, HEADS[0]).head]
    assert kinds == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    first, _, dropout, last = build_headed(TIMM, HEADS[0]).head
    assert (first.out_features, dropout.p, last.in_features, last.out_features) == (16, 0.3, 16, 3)


@pytest.mark.parametrize("head", HEADS)
@torch.inference_mode()
def test_the_code_that_travels_with_a_model_needs_no_code_of_ours_and_gives_its_logits(head, tmp_path):
    model = build_headed(str(write_tiny_resnet(tmp_path / "checkpoint")), head).eval()
    save_model(tmp_path / "model", model, build_processor(SIDE, IMAGENET))
    assert "import vitrine" not in (tmp_path / "model/headed_network.py").read_text("utf-8")
    assert "from vitrine" not in (tmp_path / "model/headed_network.py").read_text("utf-8")
    theirs = get_class_from_dynamic_module("headed_network.VitrineForImageClassification", tmp_path / "model")
    assert theirs is not type(model)
    pixels = torch.rand(2, 3, SIDE, SIDE)
    torch.testing.assert_close(theirs.from_pretrained(tmp_path / "model").eval()(pixels).logits, model(pixels).logits)


@pytest.mark.parametrize("head", HEADS)
def test_its_own_loss_is_the_cross_entropy_and_there_is_none_without_labels(head, tmp_path):
    model = build_headed(str(write_tiny_resnet(tmp_path / "checkpoint")), head).eval()
    pixels, labels = torch.rand(3, 3, SIDE, SIDE), torch.tensor([0, 1, 2])
    output = model(pixels, labels=labels)
    assert output.logits.shape == (3, 3)
    torch.testing.assert_close(output.loss, nn.functional.cross_entropy(output.logits, labels))
    assert model(pixels).loss is None


def test_removed_parts_let_everything_pass():
    network = nn.Sequential()
    network.first, network.second = nn.Linear(2, 2), nn.Linear(2, 2)
    remove_parts(network, ["second"])
    assert isinstance(network.first, nn.Linear)
    assert isinstance(network.second, nn.Identity)
