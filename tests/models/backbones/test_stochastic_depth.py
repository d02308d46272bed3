"""Stochastic depth reaches the networks that have it, and is refused for the others."""

import pytest
import torch
from timm.layers import DropPath
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    EfficientNetConfig,
    MobileNetV2Config,
    ResNetConfig,
    TimmWrapperConfig,
    TimmWrapperForImageClassification,
)

from vitrine.errors import UserError
from vitrine.models.backbones.stochastic_depth import choose_drop_path


def test_a_timm_network_drops_blocks_and_keeps_its_other_arguments():
    config = TimmWrapperConfig(architecture="resnet10t", num_labels=3, model_args={"drop_rate": 0.2})
    settings = choose_drop_path(config, 0.3)
    assert settings == {"model_args": {"drop_rate": 0.2, "drop_path_rate": 0.3}}
    config.update(settings)
    model = TimmWrapperForImageClassification(config)
    rates = [module.drop_prob for module in model.modules() if isinstance(module, DropPath)]
    assert max(rates) == pytest.approx(0.3)


def test_convnext_drops_more_blocks_towards_its_end():
    config = ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 2])
    config.update(choose_drop_path(config, 0.4))
    with torch.device("meta"):
        model = ConvNextForImageClassification(config)
    rates = [module.drop_prob for module in model.modules() if type(module).__name__ == "ConvNextDropPath"]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(0.4)


def test_efficientnet_calls_it_drop_connect():
    assert choose_drop_path(EfficientNetConfig(), 0.1) == {"drop_connect_rate": 0.1}


def test_nothing_is_set_where_nothing_was_asked():
    assert choose_drop_path(EfficientNetConfig(), None) == {}
    assert choose_drop_path(ResNetConfig(), 0.0) == {}


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (ResNetConfig(), "resnet"),
        (MobileNetV2Config(), "mobilenet_v2"),
        (TimmWrapperConfig(architecture="vgg11", num_labels=3), "vgg11"),
    ],
)
def test_a_network_without_it_is_one_clear_message(config, name):
    with pytest.raises(UserError, match=rf"model\.drop_path: {name} has no stochastic depth \(got 0\.2\)"):
        choose_drop_path(config, 0.2)
