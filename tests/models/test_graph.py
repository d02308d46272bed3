"""A network as a graph: every layer once, with what it takes from which others, and how deep it is."""

import pytest
import torch
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification
from transformers.modeling_outputs import ImageClassifierOutput

from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.table import BACKBONES
from vitrine.models.graph import measure_depth, trace_layers


class Odd(nn.Module):
    """Two branches that are joined, one layer that is used twice, and a norm with its activation inside."""

    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self):
        super().__init__()
        self.first, self.again, self.pass_on = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 1), nn.Identity()
        self.nothing = nn.Sequential()
        self.norm = nn.BatchNorm2d(4)
        self.norm.activation = nn.ReLU()
        self.answer = nn.Linear(8, 2)

    def forward(self, pixel_values):
        first = self.nothing(self.pass_on(self.norm(self.first(pixel_values))))
        joined = torch.cat([self.again(self.again(first)), first], dim=1)
        joined += 1
        return ImageClassifierOutput(logits=self.answer(joined.mean((2, 3)).flatten(1)))


def by_name(layers):
    return {layer.name: [layers[number].name for number in layer.inputs] for layer in layers}


def test_layers_know_what_they_take_from_which_others():
    assert by_name(trace_layers(Odd(), 8)) == {
        "first": [],
        "norm": ["first"],
        "again": ["norm"],
        "again_2": ["again"],
        "cat": ["again_2", "norm"],
        "add": ["cat"],
        "mean": ["add"],
        "answer": ["mean"],
    }


def test_depth_counts_layers_with_weights_on_the_longest_way():
    assert measure_depth(trace_layers(Odd(), 8)) == 4
    assert measure_depth(trace_layers(build_small_cnn("ab", [4, 8], 1, 0.0, block="plain"), 16)) == 3
    assert measure_depth([]) == 0


def test_layers_have_shapes_and_all_parameters_of_the_network():
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3)
    model = ResNetForImageClassification(config)
    layers = trace_layers(model, 32)
    assert sum(layer.parameters for layer in layers) == model.num_parameters()
    assert layers[0].shape == (8, 16, 16)
    assert layers[-1].shape == (3,)
    assert [len(layer.inputs) for layer in layers if layer.kind == "add"] == [2, 2]


def test_a_transformer_is_traced_too():
    config = ViTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=32)
    layers = trace_layers(ViTForImageClassification(config), 32)
    assert measure_depth(layers) == 1 + 2 * 4 + 1  # patches, (values, output, two dense ones) twice, answer
    assert {layer.kind for layer in layers} >= {"LayerNorm", "Linear", "add", "scaled_dot_product_attention"}


def test_the_network_stays_as_it_was():
    model = Odd().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace_layers(model, 8)
    assert model.training
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def build(name):
    with torch.device("meta"):
        return build_backbone(name, ("a", "b"), pretrained=False)[0]


@pytest.mark.parametrize(("name", "depth"), [("resnet18", 18), ("vgg16", 16)])
def test_depth_is_the_number_in_the_names_of_their_authors(name, depth):
    assert measure_depth(trace_layers(build(name), 224)) == depth == BACKBONES[name].depth


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONES)
def test_the_table_of_backbones_has_the_depth_of_each(name):
    assert measure_depth(trace_layers(build(name), BACKBONES[name].input_size)) == BACKBONES[name].depth
