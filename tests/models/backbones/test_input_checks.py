import pytest
import torch

from tests.factories import write_tiny_resnet
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone
from vitrine.models.backbones.input_checks import check_enough_images, check_image_size

LABELS = ("cat", "dog", "fox")


def test_pictures_too_small_for_inception_are_told_before_training():
    message = r"data\.image_size: 64 is not a size that inception_v3 can take; it takes 75"
    # On the device of shapes without numbers: nothing is computed.
    with pytest.raises(UserError, match=message), torch.device("meta"):
        build_backbone("inception_v3", LABELS, pretrained=False, image_size=64)


def test_the_check_leaves_mode_and_statistics_as_they_were(tmp_path):
    model, _ = build_backbone(str(write_tiny_resnet(tmp_path)), LABELS)
    model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    check_image_size(model, "tiny", 32)
    assert model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_more_classes_than_training_pictures_are_refused():
    check_enough_images(3, 3)
    with pytest.raises(UserError, match="4 classes but only 3 training pictures"):
        check_enough_images(4, 3)
