import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    EfficientNetConfig,
    EfficientNetForImageClassification,
    MobileNetV2Config,
    MobileNetV2ForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
    TimmWrapperConfig,
    TimmWrapperForImageClassification,
)

from tests.factories import IMAGENET, SIDE
from vitrine.errors import UserError
from vitrine.models.backbones import features
from vitrine.models.backbones.build import build_small_cnn, head_modules, place
from vitrine.models.backbones.features import compute_features

LABELS = {0: "cat", 1: "dog", 2: "fox"}


def build_resnet():
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", id2label=LABELS)
    return ResNetForImageClassification(config)


def build_mobilenet():
    return MobileNetV2ForImageClassification(MobileNetV2Config(depth_multiplier=0.25, id2label=LABELS))


def build_efficientnet():
    config = EfficientNetConfig(
        width_coefficient=0.25, depth_coefficient=0.2, image_size=SIDE, hidden_dim=320, id2label=LABELS
    )
    return EfficientNetForImageClassification(config)


def build_timm():
    return TimmWrapperForImageClassification(TimmWrapperConfig(architecture="resnet10t", num_labels=3))


def build_cnn():
    return build_small_cnn(list(LABELS.values()), [8, 16], 1, 0.5)


def build_cnn_with_dense_layers():
    shape = {"head_pool": "flatten", "dense_units": (12, 10), "head_batch_norm": True, "dense_dropouts": (0.5,)}
    return build_small_cnn(list(LABELS.values()), [8, 16], 1, 0.5, image_size=SIDE, **shape)


BUILDERS = [build_resnet, build_mobilenet, build_efficientnet, build_timm, build_cnn, build_cnn_with_dense_layers]


def make_batches(sizes=(3, 2)):
    generator = torch.Generator().manual_seed(0)
    return [
        {"pixels": torch.randint(0, 256, (size, 3, SIDE, SIDE), dtype=torch.uint8, generator=generator)}
        for size in sizes
    ]


def spread_batch_norm(model):
    """Random statistics, so that a network in training mode would give other features."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    return model


@pytest.mark.parametrize("build", BUILDERS)
@torch.no_grad()
def test_features_through_the_models_own_head_are_its_logits(build):
    torch.manual_seed(0)
    model = spread_batch_norm(build()).eval()
    batches = make_batches()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    pixels = torch.cat([batch["pixels"] for batch in batches])
    logits = model((pixels / 255 - mean) / std).logits
    features = compute_features(place(model, "cpu"), batches, IMAGENET)
    assert features.dtype == np.float32
    assert features.shape[0] == 5
    answers = torch.from_numpy(features)
    for module in head_modules(model):
        answers = module(answers)
    assert logits.std() > 0
    torch.testing.assert_close(answers, logits, rtol=1e-4, atol=1e-4 * logits.abs().max().item())


def test_features_leave_mode_statistics_and_hooks_as_they_were():
    model = build_cnn().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first = compute_features(model, make_batches(), IMAGENET)
    assert model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    model(torch.rand(2, 3, SIDE, SIDE))  # a hook left behind would add rows to the next call's
    assert compute_features(model, make_batches(), IMAGENET).shape == first.shape
    assert not head_modules(model)[0]._forward_pre_hooks


def test_features_in_bf16_agree_to_three_digits():
    model = build_cnn().eval()
    exact, rounded = (compute_features(model, make_batches(), IMAGENET, precision) for precision in ("fp32", "bf16"))
    assert not np.array_equal(exact, rounded)
    np.testing.assert_allclose(rounded, exact, atol=0.02 * np.abs(exact).max())


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_batches_that_are_computed_side_by_side_keep_their_order_and_the_threads(two_threads, monkeypatch):
    model = place(build_resnet(), torch.device("cpu"))
    batches = make_batches((3, 2, 1, 4, 2))
    together = compute_features(model, batches, IMAGENET)
    assert torch.get_num_threads() == 2
    assert len(together) == 12
    monkeypatch.setattr(features, "SIDE_BY_SIDE", 1)
    assert np.allclose(together, compute_features(model, batches, IMAGENET), atol=1e-5)


def test_progress_counts_every_picture():
    seen = []
    compute_features(build_cnn(), make_batches((4, 4, 1)), IMAGENET, on_batch=seen.append)
    assert seen == [4, 4, 1]


def test_a_head_that_pools_after_its_first_layer_is_refused():
    model = build_cnn()
    model.backbone = model.backbone[:-2]  # without pooling and flattening
    model.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3))
    with pytest.raises(UserError, match="no single vector of features"):
        compute_features(model, make_batches(), IMAGENET)
