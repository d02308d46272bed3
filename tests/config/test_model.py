"""The sections about the network: lists that fit its stages, and what a network from random weights cannot have."""

import pytest

from tests.config.faults import fault_of
from vitrine.config.model import SMALL_CNN, ModelSection, SmallCnnSection


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("kernel_sizes=[4]", "kernel_sizes must be odd, so that a window has a middle (got 4)"),
        ("kernel_sizes=[3, 5]", "kernel_sizes needs one value, or as many as filters has"),
        ("pool_sizes=[2, 2]", "pool_sizes needs one value, or as many as filters has (got 2 for 3)"),
        ("dense_dropouts=[.1, .2]", "dense_dropouts needs one value, or as many as dense_units has"),
        ("padding=valid", "padding 'valid' needs block 'plain'"),
        ("filters=[8, 0]", "model.small_cnn.filters.1: must be at least 1 (got 0)"),
        ("dropout=1", "model.small_cnn.dropout: must be less than 1 (got 1)"),
    ],
)
def test_a_shape_that_is_none_is_named(override, message):
    assert message in fault_of(None, f"model.small_cnn.{override}")


def test_one_value_or_one_for_each_stage_is_a_list_that_fits():
    for sizes in ((3,), (3, 5, 7)):
        assert SmallCnnSection(filters=(8, 16, 32), kernel_sizes=sizes).kernel_sizes == sizes


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainable_part=last"], "trainable_part 'last' needs a pretrained backbone"),
        (["trainable_part=head"], "so set model.trainable_part=all"),
        (["frozen_epochs=1"], "frozen_epochs needs a pretrained backbone"),
        (["head_first=yes"], "head_first and batch_norm 'frozen' need a pretrained backbone"),
        (["batch_norm=frozen"], "head_first and batch_norm 'frozen' need a pretrained backbone"),
        (
            ["backbone=a/b", "pretrained=no", "batch_norm=frozen"],
            "set model.head_first=false and model.batch_norm=trained",
        ),
        (["backbone=a/b", "trainable_part=head", "head_first=yes"], "head_first means nothing where the head alone is"),
        (["head=dense"], "head 'dense' is for backbones; 'small_cnn' has a head of its own"),
        (
            ["backbone=a/b", "trainable_part=head", "frozen_epochs=1"],
            "frozen_epochs means nothing where the head alone is trained",
        ),
        (["backbone=a/b", "trainable_part=head", "pretrained=no"], "trainable_part 'head' needs pretrained weights"),
        (["backbone=a/b", "head_dropout=0.5"], "head_dropout is for the heads 'dense', 'stages' and 'flatten'"),
        (["backbone=a/b", "head_units=[128, 64]"], "head_units: 'linear' has no hidden layers (got [128, 64])"),
        (["backbone=a/b", "head=dense", "head_units=[]"], "head_units: 'dense' needs a hidden layer (got [])"),
        (
            ["backbone=a/b", "head=flatten", "head_units=64"],
            "head_units: the hidden layers of 'flatten' are a list: [64]",
        ),
        (
            ["backbone=a/b", "head=stages", "head_units=64"],
            "head_units: the hidden layers of 'stages' are a list: [64]",
        ),
        (["head_units=[128, a]"], "model.head_units: must be a whole number from 1 to 65536, or a list of them"),
        (
            ["head_units=0"],
            "model.head_units: must be a whole number from 1 to 65536, or a list of them: [128, 64] (got 0)",
        ),
        (["head_units=yes"], "model.head_units: must be a whole number"),
        (["backbone=a/b", "cache_features=on"], "cache_features 'on' needs a backbone that stays as it is"),
        (["backbone=a/b", "feature_views=3"], "feature_views is for cached features (got 3)"),
        (
            ["backbone=a/b", "trainable_part=head", "cache_features=off", "feature_views=3"],
            "feature_views is for cached features (got 3)",
        ),
        (["backbone="], "model.backbone: must be text"),
    ],
)
def test_a_network_and_a_way_to_train_it_that_do_not_fit_are_named(overrides, message):
    assert message in fault_of(None, *(f"model.{override}" for override in overrides))


def test_a_frozen_backbone_may_be_looked_at_often():
    section = ModelSection(backbone="a/b", trainable_part="head", feature_views=8, cache_features="yes")
    assert (section.cache_features, section.feature_views) == ("on", 8)


@pytest.mark.parametrize(
    ("section", "units"),
    [
        ({}, ()),
        ({"head": "dense"}, (256,)),
        ({"head": "dense", "head_units": [128, 64]}, (128, 64)),
        ({"head": "flatten"}, ()),
        ({"head": "flatten", "head_units": 256}, ()),  # as recipes of earlier runs have it
        ({"head": "flatten", "head_units": [128]}, (128,)),
        ({"head": "stages"}, ()),
        ({"head": "stages", "head_units": [128]}, (128,)),
    ],
)
def test_a_head_has_the_hidden_layers_that_a_recipe_gives_it(section, units):
    assert ModelSection(backbone="a/b", **section).hidden_units == units


def test_unless_asked_the_small_network_is_trained_whole():
    section = ModelSection()
    assert (section.backbone, section.trainable_part, section.frozen_epochs) == (SMALL_CNN, "all", 0)
    assert section.drop_path is None
