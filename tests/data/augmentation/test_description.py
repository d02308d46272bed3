"""What a recipe does to training pictures, in words that tell recipes apart."""

import pytest

from vitrine.config.augmentation import AugmentationSection
from vitrine.data.augmentation.description import describe_augmentation
from vitrine.data.augmentation.policies import POLICIES

UNMOVED = {"crop_min": 1.0, "crop_max": 1.0, "aspect_ratio": 1.0, "rotation": 0.0, "shift": 0.0}
MIXED = {"cutmix": 1.0, "mix_probability": 0.5}


@pytest.mark.parametrize(
    ("section", "views", "said"),
    [
        ({}, 0, "light, horizontal_flip"),
        ({}, 1, "none"),
        ({}, 3, "light, horizontal_flip, 3 views"),
        ({"policy": "none", "rotation": 45.0, "shift": 0.2}, 0, "horizontal_flip, rotation 45, shift 0.2"),
        ({"policy": "none", "horizontal_flip": False}, 0, "none"),
        ({"policy": "none", "horizontal_flip": False, "blur": 1.0, "blur_probability": 0.0}, 0, "none"),
        ({"policy": "none", "horizontal_flip": False, "mixup": 0.2}, 0, "mixup 0.2"),
        ({"policy": "none", "horizontal_flip": False, "mixup": 0.2, "mix_probability": 0.0}, 0, "none"),
        ({"policy": "strong", "horizontal_flip": False, **MIXED}, 0, "strong, cutmix 1, mix_probability 0.5"),
        ({"horizontal_flip": False, **UNMOVED}, 0, "none"),
        ({"rotation": 10.0, "horizontal_flip": False}, 0, "light"),
        (
            {"image_size": 192, "first_image_size": 128},
            0,
            "light, horizontal_flip, first_image_size 128, image_size 192",
        ),
        ({"image_size": 192}, 2, "light, horizontal_flip, 2 views"),
        ({"policy": "randaugment", "operations": 3}, 0, "randaugment, horizontal_flip, operations 3"),
    ],
)
def test_what_changes_pictures_is_named_and_nothing_else(section, views, said):
    assert describe_augmentation(AugmentationSection(**section), views) == said


@pytest.mark.parametrize("policy", sorted(set(POLICIES) - {"none"}))
def test_a_policy_that_is_as_named_goes_by_its_name(policy):
    assert describe_augmentation(AugmentationSection(policy=policy, horizontal_flip=False)) == policy


@pytest.mark.parametrize(
    "step",
    [
        *({"vertical_flip": True}, {"zoom": 0.1}, {"shear": 0.1}, {"brightness": 0.1}, {"contrast": 0.1}),
        *({"saturation": 0.1}, {"hue": 0.1}, {"grayscale": 0.1}, {"blur": 1.0}, {"noise": 0.1}, {"erasing": 0.1}),
    ],
)
def test_a_single_step_is_augmentation(step):
    section = AugmentationSection(policy="none", horizontal_flip=False, **step)
    assert describe_augmentation(section).partition(" ")[0] == next(iter(step))
