"""Logits together with what the head received."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from tests.factories import SIDE
from vitrine.models.backbones.build import build_small_cnn, head_modules
from vitrine.models.backbones.outputs import compute_outputs, measure_head_input

LABELS = ("cat", "dog", "fox")


def small_cnn(**shape):
    torch.manual_seed(0)
    return build_small_cnn(LABELS, (8, 16), 1, 0.5, image_size=SIDE, **shape).eval()


def resnet():
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3)
    return ResNetForImageClassification(config).eval()


@pytest.mark.parametrize("build", [small_cnn, resnet])
@torch.inference_mode()
def test_the_head_makes_the_logits_of_the_features(build):
    model, pixels = build(), torch.rand(4, 3, SIDE, SIDE)
    logits, features = compute_outputs(model, pixels)
    assert (features.shape, features.dtype, logits.dtype) == ((4, 16), torch.float32, torch.float32)
    torch.testing.assert_close(logits, model(pixel_values=pixels).logits)
    torch.testing.assert_close(nn.Sequential(*head_modules(model))(features), logits)
    assert not head_modules(model)[0]._forward_pre_hooks


def test_an_error_of_the_network_leaves_no_hook_behind():
    model = small_cnn()
    with pytest.raises(RuntimeError):
        compute_outputs(model, torch.rand(1, 4, SIDE, SIDE))
    assert not head_modules(model)[0]._forward_pre_hooks


@torch.inference_mode()
def test_threads_that_share_a_model_get_the_features_of_their_own_pictures():
    model = small_cnn()
    pictures = [torch.rand(number % 3 + 1, 3, SIDE, SIDE) for number in range(12)]
    expected = [compute_outputs(model, pixels)[1] for pixels in pictures]

    def compute(pixels):
        with torch.inference_mode():  # a mode of each thread
            return compute_outputs(model, pixels)[1]

    with ThreadPoolExecutor(2) as pool:
        for found, wanted in zip(pool.map(compute, pictures), expected, strict=True):
            torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(
    ("build", "width"),
    [
        (small_cnn, 16),
        (resnet, 16),
        (lambda: small_cnn(head_pool="flatten", dense_units=(5,)), 16 * (SIDE // 2) ** 2),
    ],
    ids=["small CNN", "ResNet", "flattened"],
)
def test_the_width_is_that_of_the_vector_that_the_head_starts_from(build, width):
    model = build().train()
    assert measure_head_input(model, SIDE) == width
    assert not model.training
    assert not head_modules(model)[0]._forward_pre_hooks


def test_a_head_that_needs_the_map_and_one_that_something_follows_have_no_vector():
    pooling = small_cnn()
    pooling.backbone = pooling.backbone[:-2]  # without pooling and flattening
    pooling.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3))
    assert measure_head_input(pooling, SIDE) is None
    followed = small_cnn()
    followed.register_forward_hook(lambda _, __, output: type(output)(logits=2 * output.logits))
    assert measure_head_input(followed, SIDE) is None
