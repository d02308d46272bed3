import pytest
import timm
import torch

from vitrine.models.backbones.table import BACKBONES

FAMILIES = [
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnetv2_101"),
    *(f"efficientnet_b{number}" for number in range(8)),
    *("vgg16", "vgg19", "inception_v3", "xception", "mobilenet_v2", "mobilenet_v3_large", "regnet", "convnext_tiny"),
]
QUICK = ("resnet18", "vgg16", "mobilenet_v2", "convnext_tiny")


def test_every_network_of_the_systems_before_us_is_there():
    assert set(FAMILIES) <= set(BACKBONES)


def test_names_are_unique_and_point_to_their_row():
    assert all(row.name == name for name, row in BACKBONES.items())
    assert len({row.weights for row in BACKBONES.values()}) == len(BACKBONES)


def test_the_table_says_what_timms_own_table_says():
    for name, row in BACKBONES.items():
        facts = timm.get_pretrained_cfg(row.weights.removeprefix("timm/"))
        assert facts is not None, name
        assert facts.hf_hub_id == row.weights or facts.url.startswith("https://github.com/"), name
        assert facts.license == row.license.lower(), name
        assert facts.input_size == (3, row.input_size, row.input_size), name
        assert bool(facts.num_classes) == (row.top1 is not None), name
        assert row.top1 is None or (facts.test_input_size or facts.input_size)[1] == row.top1_size, name
        assert facts.architecture == row.architecture, name


def every_backbone():
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in BACKBONES]


@pytest.mark.parametrize("name", every_backbone())
def test_parameters_and_size_are_those_of_the_network(name):
    row = BACKBONES[name]
    with torch.device("meta"):
        network = timm.create_model(row.architecture, pretrained=False)
    parameters = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    size = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values()) / 1e6
    assert (round(parameters, 2), round(size, 1)) == (row.parameters, row.size_mb)
