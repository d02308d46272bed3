"""The same weights under the names of each library."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import resnet18
from transformers import AutoModelForImageClassification, ResNetConfig

from benchmarks.peers.weights import TORCHVISION_FILE, check_network, write_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "new"
    write_weights(None, folder)
    return folder


def test_torchvision_and_transformers_give_the_same_answers(folder):
    ours = AutoModelForImageClassification.from_pretrained(folder / "transformers").eval()
    theirs = resnet18().eval()
    theirs.load_state_dict(torch.load(folder / "torch" / TORCHVISION_FILE, weights_only=True))
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.allclose(ours(pixels).logits, theirs(pixels), atol=1e-4)


def test_timm_gets_the_tensors_and_what_they_are_of(folder):
    described = json.loads((folder / "timm" / "config.json").read_text())
    assert described["architecture"] == "resnet18"
    assert load_file(folder / "timm" / "model.safetensors")["fc.bias"].shape == (described["num_classes"],)


def test_another_network_ends_the_benchmark_with_a_reason():
    with pytest.raises(SystemExit, match="is not ResNet-18"):
        check_network(ResNetConfig(depths=[3, 4, 6, 3]))
