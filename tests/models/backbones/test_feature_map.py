"""Where the last feature map comes out is found by what the network computes of it."""

import pytest
import torch

from tests.factories import write_tiny_resnet
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.feature_map import find_averaged_map
from vitrine.models.heads import Head

LABELS = ("cat", "dog", "owl")
SIDE = 64


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return str(write_tiny_resnet(tmp_path_factory.mktemp("checkpoint")))


def test_it_is_found_where_the_head_is_linear_on_an_average(checkpoint):
    for model in (build_backbone(checkpoint, LABELS)[0].eval(), build_small_cnn(LABELS, (8, 16), 1, 0.1).eval()):
        found = find_averaged_map(model, SIDE)
        assert found.weights.shape[0] == len(LABELS)
        seen = []
        hook = found.module.register_forward_hook(lambda _module, _inputs, output, seen=seen: seen.append(output))
        with torch.inference_mode():
            logits = model(pixel_values=torch.randn(2, 3, SIDE, SIDE)).logits
        hook.remove()
        torch.testing.assert_close(seen[0].mean(dim=(2, 3)) @ found.weights.T + found.layer.bias, logits)


@pytest.mark.parametrize("head", [Head("dense", (12,)), Head("flatten", ())])
def test_behind_another_head_there_is_none(checkpoint, head):
    model = build_backbone(checkpoint, LABELS, head=head, image_size=SIDE)[0].eval()
    assert find_averaged_map(model, SIDE) is None
