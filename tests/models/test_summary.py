from pathlib import Path

import pytest
import torch
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

from vitrine.config.loading import load_recipe
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.stages import set_trainable
from vitrine.models.summary import add_up, count_operations, summarize

CONFIGS = Path(__file__).parents[2] / "configs"


def build(recipe_name, classes, *overrides):
    """The network of a recipe, without its numbers; and the side of its pictures."""
    recipe = load_recipe(CONFIGS / f"{recipe_name}.yaml", overrides)
    side = recipe.data.image_size
    with torch.device("meta"):
        shape = recipe.model.small_cnn.model_dump()
        return build_small_cnn([str(number) for number in range(classes)], image_size=side, **shape), side


def counts(rows):
    return [row.parameters for row in rows if row.parameters]


def test_the_shelters_network_has_the_published_layers():
    rows = summarize(*build("custom_s1", 3))
    assert counts(rows) == [1_792, 36_928, 73_856, 4_128, 99]
    kinds = [row.kind for row in rows if row.kind not in ("ReLU", "Flatten", "Dropout")]
    assert kinds == ["Conv2d", "MaxPool2d", "Conv2d", "MaxPool2d", "Conv2d", "AdaptiveAvgPool2d", "Linear", "Linear"]


def test_the_dog_breed_network_has_the_published_count():
    rows = summarize(*build("custom_s2", 5))
    assert add_up(rows).parameters == 20_174_277
    assert next(row for row in rows if row.kind == "Flatten").output_shape == (156_800,)
    assert add_up(rows).megabytes == pytest.approx(77 * 1.048576, abs=0.5)  # published in MiB
    assert [row.kind for row in rows].count("Dropout") == 3  # the one in front of the dense layers drops nothing


def test_the_photo_or_not_network_has_the_described_layers():
    rows = summarize(*build("custom_s3", 2))
    assert [row.output_shape for row in rows if row.kind in ("Conv2d", "MaxPool2d")] == [
        (32, 396, 396),
        (32, 198, 198),
        (64, 196, 196),
        (64, 98, 98),
    ]
    assert counts(rows) == [2_432, 18_496, 64 * 98 * 98 * 128 + 128, 8_256, 130]


def test_the_cartoon_network_has_the_published_count():
    # Published were 125.8 million with the statistics of batch norm, as Keras counts.
    totals = add_up(summarize(*build("custom_s4", 19)))
    assert totals.parameters + totals.statistics == 125_799_443


def test_our_own_network_for_photographs_is_small():
    totals = add_up(summarize(*build("scratch_photos", 5)))
    assert totals.parameters <= 3_000_000


def build_resnet():
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3)
    return ResNetForImageClassification(config)


def build_transformer():
    config = ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8
    )
    return ViTForImageClassification(config)


@pytest.mark.parametrize("build_network", [build_resnet, build_transformer])
def test_rows_count_every_parameter_once(build_network):
    model = build_network()
    totals = add_up(summarize(model, 32))
    assert totals.parameters == model.num_parameters()
    floating = [buffer.numel() for buffer in model.buffers() if buffer.is_floating_point()]
    assert totals.statistics == sum(floating)


def test_a_shared_weight_is_counted_once():
    model = build_resnet()
    blocks = model.resnet.encoder.stages[0].layers[0].layer
    blocks[1].convolution.weight = blocks[0].convolution.weight
    assert add_up(summarize(model, 32)).parameters == model.num_parameters()


def test_a_frozen_backbone_shows_as_frozen():
    model = build_resnet()
    set_trainable(model, "head")
    totals = add_up(summarize(model, 32))
    assert (totals.trainable, totals.frozen) == (16 * 3 + 3, model.num_parameters() - 16 * 3 - 3)


def test_a_summary_leaves_the_model_as_it_was():
    model = build_resnet().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    summarize(model, 32)
    count_operations(model, 32)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_operations_are_multiplications_and_additions():
    model = build_small_cnn("ab", [4], 1, 0.0, image_size=8, block="plain", head_pool="average")
    assert count_operations(model, 8) == 2 * (3 * 9 * 4 * 8 * 8 + 4 * 2)
