"""Stages of networks of all kinds, and what is trained of them."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    MobileNetV2Config,
    MobileNetV2ForImageClassification,
    RegNetConfig,
    RegNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
    TimmWrapperConfig,
    TimmWrapperForImageClassification,
)

from tests.models.headed import TIMM as HEADED_TIMM
from tests.models.headed import build_headed
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_small_cnn, head_modules
from vitrine.models.backbones.stages import list_stages, set_trainable, set_training_mode
from vitrine.models.heads import Head

LABELS = ("cat", "dog", "fox")
NATIVE = {
    "resnet": lambda: ResNetForImageClassification(ResNetConfig(num_labels=3)),
    "mobilenet_v2": lambda: MobileNetV2ForImageClassification(MobileNetV2Config(num_labels=3)),
    "efficientnet": lambda: EfficientNetForImageClassification(
        EfficientNetConfig(width_coefficient=1.0, depth_coefficient=1.0, hidden_dim=1280, num_labels=3)
    ),
    "regnet": lambda: RegNetForImageClassification(RegNetConfig(num_labels=3)),
    "convnext": lambda: ConvNextForImageClassification(ConvNextConfig(num_labels=3)),
}
TIMM = ("resnet18", "resnetv2_101", "efficientnet_b0", "vgg16", "inception_v3", "legacy_xception", "regnety_002",
        "mobilenetv3_small_100", "convnext_atto", "densenet121", "vit_tiny_patch16_224")  # fmt: skip


def build_timm(architecture):
    return TimmWrapperForImageClassification(TimmWrapperConfig(architecture=architecture, num_labels=3))


def tiny_resnet():
    torch.manual_seed(0)
    return ResNetForImageClassification(
        ResNetConfig(embedding_size=16, hidden_sizes=[16, 24, 32], depths=[1, 1, 1], layer_type="basic", num_labels=3)
    )


def assert_that_each_parameter_is_in_one_stage(model):
    found = [id(parameter) for stage in list_stages(model) for module in stage for parameter in module.parameters()]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


@pytest.mark.parametrize("kind", NATIVE)
def test_every_parameter_of_a_native_network_is_in_one_of_six_stages(kind):
    with torch.device("meta"):
        model = NATIVE[kind]()
    assert_that_each_parameter_is_in_one_stage(model)
    assert len(list_stages(model)) == 6
    assert list_stages(model)[-1] == head_modules(model)


@pytest.mark.parametrize("architecture", TIMM)
def test_every_parameter_of_a_timm_network_is_in_one_stage(architecture):
    with torch.device("meta"):
        model = build_timm(architecture)
    assert_that_each_parameter_is_in_one_stage(model)
    assert architecture.startswith("vit") or 5 <= len(list_stages(model)) <= 7
    assert list_stages(model)[-1] == [model.timm_model.get_classifier()]


@pytest.mark.parametrize("kind", ["dense", "stages"])
def test_a_head_of_ours_leaves_a_network_of_timm_its_stages(kind):
    linear, headed = (build_headed(HEADED_TIMM, head) for head in (Head(), Head(kind)))
    assert_that_each_parameter_is_in_one_stage(headed)
    assert len(list_stages(headed)) == len(list_stages(linear)) > 4


def test_the_small_cnn_has_a_stage_for_each_of_its_own_and_its_head():
    model = build_small_cnn(LABELS, (8, 16, 32), 2, dropout=0.1)
    assert_that_each_parameter_is_in_one_stage(model)
    assert len(list_stages(model)) == 4


def test_stages_run_from_the_input_to_the_head():
    model = tiny_resnet()
    order = {id(parameter): place for place, parameter in enumerate(model.parameters())}
    places = [
        [order[id(parameter)] for module in stage for parameter in module.parameters()] for stage in list_stages(model)
    ]
    assert all(max(first) < min(second) for first, second in pairwise(places))


@pytest.mark.parametrize(("part", "stages"), [("head", 1), ("last", 3), ("all", 5)])
def test_the_chosen_stages_alone_are_trained_and_change(part, stages):
    model = tiny_resnet()
    assert len(list_stages(model)) == 5
    set_trainable(model, part, last_stages=2)
    trained = {id(p) for stage in list_stages(model)[-stages:] for module in stage for p in module.parameters()}
    assert {id(p) for p in model.parameters() if p.requires_grad} == trained
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    set_training_mode(model)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        model(torch.rand(4, 3, 64, 64) * 5).logits[:, 0].sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    names = {name for name, parameter in model.named_parameters() if id(parameter) in trained}
    expected = {name.rsplit(".", 1)[0] for name in names}
    assert {name.rsplit(".", 1)[0] for name in changed} == expected  # running statistics stand beside their weights
    assert any("running_mean" in name for name in changed) == (part != "head")


@pytest.mark.parametrize("build", [tiny_resnet, lambda: build_timm("efficientnet_lite0")])
def test_statistics_that_are_kept_are_those_of_before_while_scales_are_trained(build):
    model = build()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    set_trainable(model, "all")
    set_training_mode(model, keeps_statistics=True)
    model(torch.rand(4, 3, 64, 64) * 5).logits[:, 0].sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not any("running" in name or "num_batches" in name for name in changed)
    norms = {name for name, module in model.named_modules() if hasattr(module, "running_mean")}
    assert norms
    assert {f"{name}.bias" for name in norms} <= changed
    set_training_mode(model)
    assert all(module.training for module in model.modules())


def test_freezing_is_taken_back():
    model = tiny_resnet()
    set_trainable(model, "head")
    set_training_mode(model)
    set_trainable(model, "all")
    set_training_mode(model)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("kind", ["mobilenet_v2", "timm"])
def test_the_dropout_of_the_head_works_and_that_of_frozen_stages_does_not(kind):
    if kind == "timm":
        arguments = {"drop_path_rate": 0.5, "drop_rate": 0.3}
        model = TimmWrapperForImageClassification(
            TimmWrapperConfig(architecture="resnet10t", num_labels=3, model_args=arguments)
        )
        head_drops = model.timm_model
    else:
        model = MobileNetV2ForImageClassification(MobileNetV2Config(depth_multiplier=0.1, num_labels=3))
        head_drops = model.dropout
    set_trainable(model, "head")
    set_training_mode(model)
    backbone = [part for stage in list_stages(model)[:-1] for part in stage if any(True for _ in part.parameters())]
    frozen = [module for part in backbone for module in part.modules()]
    assert head_drops.training
    assert not any(module.training for module in frozen)


def test_statistics_without_parameters_stay_where_something_around_them_is_frozen():
    model = nn.Sequential(nn.BatchNorm1d(2, affine=False), nn.Linear(2, 2), nn.Dropout(), nn.Linear(2, 2))
    model[1].requires_grad_(False)
    set_training_mode(model)
    assert [module.training for module in model] == [False, False, True, True]


def test_more_stages_than_there_are_is_one_clear_message():
    with pytest.raises(
        UserError, match=r"model\.last_stages: this network has 4 stages in front of its head \(got 5\)"
    ):
        set_trainable(tiny_resnet(), "last", last_stages=5)
