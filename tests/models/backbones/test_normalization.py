"""Mean and deviation of the colors that a network's weights expect: read where they stand, never guessed."""

import json

import pytest
import torch
from transformers import EfficientNetImageProcessor

from tests.factories import IMAGENET, SIDE, write_tiny_resnet
from vitrine.data.images.preprocessing import Preparation
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone
from vitrine.models.backbones.normalization import Normalization, read_normalization
from vitrine.models.folder import build_processor

CUSTOM = Preparation(steps=("autocontrast", "whiten"), resize="letterbox", fill_color="black")
OWN = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
TIMMS = {"pretrained_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.1]}}


def write(folder, preprocessor=None, config=None):
    """A model folder with one of the files, or both."""
    for name, content in (("preprocessor_config.json", preprocessor), ("config.json", config)):
        if content is not None:
            (folder / name).write_text(json.dumps(content))
    return folder


def test_the_file_of_the_processor_comes_before_timms_own(tmp_path):
    expected = Normalization((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert read_normalization(write(tmp_path, OWN, TIMMS)) == expected


@pytest.mark.parametrize("preprocessor", [None, {}, {"image_mean": [0.1, 0.2, 0.3]}])
def test_timms_own_counts_where_the_processor_does_not_say_both(tmp_path, preprocessor):
    expected = Normalization((0.5, 0.4, 0.3), (0.2, 0.2, 0.1))
    assert read_normalization(write(tmp_path, preprocessor, TIMMS)) == expected


@pytest.mark.parametrize("config", [None, {}, {"pretrained_cfg": None}, {"pretrained_cfg": {"mean": [0.5] * 3}}])
def test_a_folder_that_does_not_say_both_is_named_with_the_file_that_it_needs(tmp_path, config):
    with pytest.raises(UserError, match=r"model\.backbone: .* has no preprocessor_config\.json with image_mean and"):
        read_normalization(write(tmp_path, None, config))


def test_efficientnets_double_normalization_is_one_with_the_squared_deviation(tmp_path):
    processor = EfficientNetImageProcessor(image_mean=[0.4] * 3, image_std=[0.5] * 3, include_top=True)
    processor.save_pretrained(tmp_path)
    normalization = read_normalization(tmp_path)
    picture = torch.full((3, 346, 346), 200, dtype=torch.uint8)
    theirs = processor(images=picture, return_tensors="pt")["pixel_values"]
    ours = (200 / 255 - normalization.mean[0]) / normalization.std[0]
    assert theirs.mean().item() == pytest.approx(ours, abs=1e-5)


def test_without_a_processor_file_the_color_scale_is_not_guessed(tmp_path):
    folder = write_tiny_resnet(tmp_path)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(UserError, match=r"has no preprocessor_config\.json"):
        build_backbone(str(folder), ("cat", "dog"))


def test_a_backbone_with_our_processor_keeps_the_normalization_of_its_weights(tmp_path):
    for preparation in (CUSTOM, Preparation(resize="crop")):
        build_processor(SIDE, IMAGENET, preparation).save_pretrained(tmp_path)
        assert read_normalization(tmp_path) == IMAGENET
