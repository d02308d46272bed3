"""A temperature in the last layer of a network."""

import pytest
import torch
from torch import nn

from tests.factories import SIDE, write_tiny_resnet
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.calibration.temperature import fold_temperature
from vitrine.models.heads import Head

NAMES = ("pug", "corgi", "poodle")


def small_cnn(**shape):
    return build_small_cnn(NAMES, (8, 16), 1, 0.1, image_size=SIDE, **shape)


def with_convolution():
    """Its logits come from a 1x1 convolution, as SqueezeNet's do."""
    model = small_cnn()
    model.classifier = nn.Sequential(nn.Unflatten(1, (16, 1, 1)), nn.Conv2d(16, 3, 1), nn.Flatten())
    return model


@pytest.mark.parametrize(
    "build",
    [
        lambda _: small_cnn(),
        lambda _: small_cnn(dense_units=[8], head_batch_norm=True),
        lambda folder: build_backbone(str(write_tiny_resnet(folder)), NAMES)[0],
        lambda folder: build_backbone(
            str(write_tiny_resnet(folder)), NAMES, head=Head("dense", (8,), 0.2), image_size=SIDE
        )[0],
        lambda _: build_backbone("timm/resnet10t.c3_in1k", NAMES, pretrained=False)[0],
        lambda _: with_convolution(),
    ],
    ids=["small CNN", "dense", "ResNet", "own head", "timm", "convolution"],
)
def test_a_temperature_in_the_last_layer_divides_the_logits(build, tmp_path):
    model = build(tmp_path / "checkpoint").eval()
    pixels = torch.randn(3, 3, SIDE, SIDE)
    before = model(pixel_values=pixels).logits
    assert fold_temperature(model, 2.5, SIDE)
    torch.testing.assert_close(model(pixel_values=pixels).logits, before / 2.5, rtol=1e-4, atol=1e-5)


def test_a_network_that_does_more_behind_its_last_layer_is_left_as_it_was():
    model = small_cnn()
    model.classifier = nn.Sequential(nn.Linear(16, 3), nn.Tanh())
    pixels = torch.randn(3, 3, SIDE, SIDE)
    before = model.eval()(pixel_values=pixels).logits
    assert not fold_temperature(model, 2.5, SIDE)
    assert torch.equal(model(pixel_values=pixels).logits, before)
