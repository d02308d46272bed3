import json

import pytest
import torch
from safetensors.torch import load_file, save_file
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

from tests.factories import IMAGENET, SIDE, write_timm_folder, write_tiny_resnet
from vitrine.errors import UserError
from vitrine.models.backbones.build import (
    build_backbone,
    build_small_cnn,
    choose_memory_format,
    head_modules,
)
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.backbones.stages import set_trainable, set_training_mode
from vitrine.models.folder import build_processor, load_model, save_model

LABELS = ("cat", "dog", "fox")


@pytest.fixture(params=["native", "timm"])
def checkpoint(request, tmp_path):
    write = write_tiny_resnet if request.param == "native" else write_timm_folder
    return write(tmp_path / "checkpoint")


def test_the_head_is_replaced_and_the_backbone_kept(checkpoint):
    stored = load_file(checkpoint / "model.safetensors")
    model, normalization = build_backbone(str(checkpoint), LABELS)
    logits = model(torch.zeros(2, 3, SIDE, SIDE)).logits
    weights = {name.removeprefix("timm_model."): tensor for name, tensor in model.state_dict().items()}
    in_head = {id(parameter) for module in head_modules(model) for parameter in module.parameters()}
    assert logits.shape == (2, 3)
    assert normalization == IMAGENET
    assert model.config.id2label == dict(enumerate(LABELS))
    assert len(in_head) == 2
    kept = [name for name in stored if stored[name].shape == weights[name].shape]
    assert len(kept) == len(stored) - 2
    assert all(torch.equal(stored[name], weights[name]) for name in kept)


def test_a_saved_model_reloads_with_equal_logits(checkpoint, tmp_path):
    model, normalization = build_backbone(str(checkpoint), LABELS)
    model.eval()
    save_model(tmp_path / "model", model, build_processor(SIDE, normalization))
    reloaded, processor, metadata, _ = load_model(str(tmp_path / "model"))
    pixels = torch.rand(2, 3, SIDE, SIDE)
    torch.testing.assert_close(reloaded(pixels).logits, model(pixels).logits)
    assert type(processor).__name__ == "ViTImageProcessor"
    assert metadata is None


def test_dense_layers_and_their_batch_norm_start_afresh_for_other_labels(tmp_path):
    model = build_small_cnn("abcd", [4], 1, 0.0, dense_units=(6,), head_batch_norm=True)
    model(torch.rand(8, 3, SIDE, SIDE))  # moves the statistics of both batch norms
    save_model(tmp_path / "model", model, build_processor(SIDE, CENTERED))
    tuned, _ = build_backbone(str(tmp_path / "model"), LABELS)
    assert torch.equal(tuned.backbone[-1].running_var, model.backbone[-1].running_var)
    assert torch.equal(tuned.hidden[3].running_var, torch.ones(6))
    assert not torch.equal(tuned.hidden[1].weight, model.hidden[1].weight)
    assert tuned.classifier.out_features == len(LABELS)


def test_the_head_of_the_very_same_labels_is_kept(tmp_path):
    model, normalization = build_backbone(str(write_tiny_resnet(tmp_path / "checkpoint")), LABELS)
    save_model(tmp_path / "first", model, build_processor(SIDE, normalization))
    same, _ = build_backbone(str(tmp_path / "first"), LABELS)
    renamed, _ = build_backbone(str(tmp_path / "first"), ("x", "y", "z"))
    assert torch.equal(same.classifier[1].weight, model.classifier[1].weight)
    assert not torch.equal(renamed.classifier[1].weight, model.classifier[1].weight)


def test_a_frozen_backbone_keeps_its_batch_norm_statistics(checkpoint):
    model, _ = build_backbone(str(checkpoint), LABELS)
    set_trainable(model, "head")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    set_training_mode(model)
    for _ in range(3):
        model(torch.rand(4, 3, SIDE, SIDE) * 5).logits[:, 0].sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    in_head = {id(parameter) for module in head_modules(model) for parameter in module.parameters()}
    assert changed == {name for name, parameter in model.named_parameters() if id(parameter) in in_head}


def test_batch_norm_momentum_in_tensorflows_convention_is_turned_into_torchs(tmp_path):
    config = MobileNetV2Config(depth_multiplier=0.1, num_labels=3)
    save_model(tmp_path, MobileNetV2ForImageClassification(config), build_processor(SIDE, IMAGENET))
    model, _ = build_backbone(str(tmp_path), LABELS)
    momenta = {round(module.momentum, 6) for module in model.modules() if isinstance(module, nn.BatchNorm2d)}
    assert momenta == {0.003}


def test_weights_that_lack_a_part_of_the_backbone_are_refused(tmp_path):
    folder = write_tiny_resnet(tmp_path)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("convolution.weight"))
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match="lack or misfit 1 parts"):
        build_backbone(str(folder), LABELS)


def test_a_damaged_weights_file_is_one_clear_message(tmp_path):
    folder = write_tiny_resnet(tmp_path)
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match="cannot be loaded as an image classifier"):
        build_backbone(str(folder), LABELS)


def test_a_head_behind_a_pooling_layer_is_found_in_efficientnet():
    config = EfficientNetConfig(width_coefficient=0.1, depth_coefficient=0.1, hidden_dim=16, num_labels=3)
    model = EfficientNetForImageClassification(config)
    assert any(isinstance(module, nn.Linear) for module in head_modules(model))


def test_the_head_of_a_timm_network_is_its_classifier():
    config = TimmWrapperConfig(architecture="resnet10t", num_labels=3)
    assert isinstance(head_modules(TimmWrapperForImageClassification(config))[0], nn.Linear)


@pytest.mark.parametrize(
    ("model_id", "message"),
    [
        ("resnet19", "there is no 'resnet19'; nearest in our table: resnet1.*; nearest in timm: timm/resnet1"),
        ("timm/resnet_18.a1_in1k", "nearest in our table: resnet18"),
        ("zzzz", r"there is no 'zzzz'. `python -m vitrine backbones` lists"),
        ("resnet18", "Random weights need no download: model.pretrained=false"),
        ("./nowhere", "there is no such model folder"),
        ("microsoft/resnet-18", "not among the downloads of this machine.*needs no download: model.backbone=small_cnn"),
    ],
)
def test_a_model_that_is_not_there_is_one_clear_message(model_id, message):
    with pytest.raises(UserError, match=message):
        build_backbone(model_id, LABELS)


def test_a_folder_without_config_is_no_model_folder(tmp_path):
    with pytest.raises(UserError, match=r"it has no config\.json"):
        build_backbone(str(tmp_path), LABELS)


def test_a_network_that_onednn_cannot_train_in_channels_last_is_not_placed_so():
    narrow = ResNetForImageClassification(ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]))
    usual = ResNetForImageClassification(ResNetConfig(embedding_size=16, hidden_sizes=[64, 64], depths=[1, 1]))
    assert choose_memory_format(narrow) == torch.contiguous_format
    assert choose_memory_format(usual) == torch.channels_last


def test_an_architecture_without_a_file_is_refused():
    with pytest.raises(UserError, match=r"model\.architecture: only for a weights file"):
        build_backbone("resnet18", LABELS, architecture="resnet18")


def test_weights_of_timm_that_have_no_head_get_one(tmp_path):
    """As those of DINOv3 and EUPE; newer versions of timm note that the network was made for 0 classes, too."""
    config = json.loads((write_timm_folder(tmp_path / "w") / "config.json").read_text())
    config |= {"num_classes": 0, "model_args": {"num_classes": 0}}
    (tmp_path / "w" / "config.json").write_text(json.dumps(config))
    stored = load_file(tmp_path / "w" / "model.safetensors")
    save_file(
        {name: w for name, w in stored.items() if not name.startswith("fc.")}, tmp_path / "w" / "model.safetensors"
    )
    model, _ = build_backbone(str(tmp_path / "w"), ("a", "b", "c"))
    assert model.timm_model.fc.out_features == 3
    torch.testing.assert_close(model.timm_model.conv1[0].weight, stored["conv1.0.weight"])
