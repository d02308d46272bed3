"""Putting a head of ours in the place of a network's own."""

import pytest
import torch
from transformers import ConvNextConfig, ConvNextForImageClassification, ViTConfig, ViTForImageClassification
from transformers.modeling_outputs import ModelOutput

from tests.factories import IMAGENET, SIDE
from tests.models.headed import HEADS, LABELS, TIMM, build_headed
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, head_modules, place
from vitrine.models.backbones.features import compute_features
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.folder import build_processor, load_model, save_model
from vitrine.models.headed_network import describe_stages
from vitrine.models.heads import Head, put_head


def test_flattened_vgg16_trains_the_published_number_of_parameters():
    """25,088 numbers (512 x 7 x 7) to 5 classes at 224 px: 125,445 parameters; VGG's own hidden layers are gone."""
    labels = ("a", "b", "c", "d", "e")
    with torch.device("meta"):
        model, _ = build_backbone("vgg16", labels, pretrained=False, head=Head("flatten"), image_size=224)
    set_trainable(model, "head")
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == 125_445
    assert sum(parameter.numel() for parameter in model.parameters()) == 14_714_688 + 125_445


def test_hidden_layers_stand_between_the_flattened_map_and_the_answer():
    """VGG16 at 224 px with 128 and 64 units: 25,088 x 128 + 128, 128 x 64 + 64, 64 x 5 + 5."""
    with torch.device("meta"):
        head = Head("flatten", (128, 64), 0.5)
        model, _ = build_backbone("vgg16", tuple("abcde"), pretrained=False, head=head, image_size=224)
    counts = [
        sum(p.numel() for p in layer.parameters()) for layer in model.head if any(True for _ in layer.parameters())
    ]
    assert counts == [3_211_392, 8_256, 325]
    assert [type(layer).__name__ for layer in model.head] == ["Linear", "ReLU", "Linear", "ReLU", "Dropout", "Linear"]


def test_the_backbone_keeps_its_weights_under_a_new_head():
    plain, dense = build_headed(TIMM, Head()), build_headed(TIMM, HEADS[0])
    weights = dense.backbone.timm_model.state_dict()
    assert len(weights) > 80
    stored = plain.timm_model.state_dict()
    assert all(torch.equal(tensor, stored[key]) for key, tensor in weights.items())


@pytest.mark.parametrize("head", HEADS)
@torch.inference_mode()
def test_features_through_a_head_of_ours_are_its_logits(name, head):
    model = place(build_headed(name, head).eval(), "cpu")
    pixels = torch.randint(0, 256, (3, 3, SIDE, SIDE), dtype=torch.uint8)
    features = torch.from_numpy(compute_features(model, [{"pixels": pixels}], IMAGENET))
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    expected = model((pixels / 255 - mean) / std).logits
    for module in head_modules(model):
        features = module(features)
    torch.testing.assert_close(features, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_training_goes_on_from_a_folder_with_the_same_head_only(tmp_path):
    save_model(tmp_path, build_headed(TIMM, HEADS[0]), build_processor(SIDE, IMAGENET))
    again, _ = build_backbone(str(tmp_path), LABELS, head=HEADS[0], image_size=SIDE)
    renamed, _ = build_backbone(str(tmp_path), ("x", "y"), head=HEADS[0], image_size=SIDE)
    stored = load_model(str(tmp_path))[0]
    assert torch.equal(again.head[0].weight, stored.head[0].weight)
    assert not torch.equal(renamed.head[0].weight, stored.head[0].weight)
    assert renamed.head[3].out_features == 2
    with pytest.raises(UserError, match=r"model\.head=dense model\.head_units=\[16\] model\.head_dropout=0\.3"):
        build_backbone(str(tmp_path), LABELS)
    with pytest.raises(UserError, match=r"model\.pretrained: false needs the name of a backbone"):
        build_backbone(str(tmp_path), LABELS, pretrained=False)


def test_what_only_the_old_head_used_is_taken_away_in_a_network_of_transformers():
    config = ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], id2label=dict(enumerate(LABELS)))
    model = put_head(ConvNextForImageClassification(config), Head("flatten"), SIDE)
    model(torch.rand(2, 3, SIDE, SIDE), labels=torch.tensor([0, 1])).loss.backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


def test_what_only_the_old_head_used_is_taken_away_in_a_network_of_timm():
    model = build_headed("mobilenet_v3_small", HEADS[1])
    assert model.config.removed == ["conv_head"]
    model(torch.rand(4, 3, SIDE, SIDE), labels=torch.tensor([0, 1, 2, 0])).loss.backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize(("kind", "lacking"), [("flatten", "a feature map"), ("stages", "pooled features")])
def test_a_network_without_a_feature_map_is_refused(kind, lacking):
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=SIDE
    )
    with pytest.raises(UserError, match=f"'{kind}' needs {lacking}, which ViT"):
        put_head(ViTForImageClassification(config), Head(kind), SIDE)


def test_a_network_that_keeps_its_maps_to_itself_is_refused(monkeypatch):
    monkeypatch.delattr("timm.models.mobilenetv3.MobileNetV3.forward_intermediates")
    with pytest.raises(UserError, match="'stages' needs the feature maps of its stages, which MobileNetV3 has not"):
        build_headed("mobilenet_v3_small", Head("stages"))


@torch.inference_mode()
def test_each_stage_is_described_by_mean_and_maximum_of_its_last_map():
    first, same_size, last = torch.rand(2, 3, 8, 8), torch.rand(2, 5, 8, 8), torch.rand(2, 7, 4, 4)
    pooled = torch.rand(2, 4, 1, 1)
    found = describe_stages(ModelOutput(pooler_output=pooled, hidden_states=(first, same_size, last)))
    vectors = [pooled[:, :, 0, 0], same_size.mean((2, 3)), same_size.amax((2, 3)), last.mean((2, 3)), last.amax((2, 3))]
    expected = [(v - v.mean(1, keepdim=True)) / (v.var(1, keepdim=True, correction=0) + 1e-5).sqrt() for v in vectors]
    torch.testing.assert_close(found, torch.cat(expected, dim=1))


@pytest.mark.parametrize("value", [0.0, 255.0])
@torch.inference_mode()
def test_a_plain_picture_has_an_answer(value):
    model = build_headed(TIMM, Head("stages")).eval()
    assert torch.isfinite(model(torch.full((1, 3, SIDE, SIDE), value)).logits).all()
