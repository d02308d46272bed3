"""The section of random changes: what its numbers may be, and which of them belong to one policy only."""

import pytest

from tests.config.faults import fault_of
from vitrine.config.augmentation import AugmentationSection


def test_unless_asked_pictures_are_mirrored_and_every_other_step_is_that_of_the_light_policy():
    section = AugmentationSection()
    assert (section.policy, section.horizontal_flip) == ("light", True)
    single_steps = section.model_dump(exclude={"policy", "horizontal_flip", "mixup", "cutmix", "mix_probability"})
    assert set(single_steps.values()) == {None}
    assert (section.mixup, section.cutmix) == (0, 0)


@pytest.mark.parametrize("step", ["operations=2", "magnitude=9"])
def test_number_and_strength_of_operations_belong_to_randaugment(step):
    message = "operations and magnitude belong to policy 'randaugment' (got policy 'light')"
    assert message in fault_of(None, f"augmentation.{step}")
    name, value = step.split("=")
    assert AugmentationSection.model_validate({"policy": "randaugment", name: int(value)}).policy == "randaugment"


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        ("crop_min=0", "must be greater than 0 (got 0)"),
        ("crop_max=2.5", "must be at most 2 (got 2.5)"),
        ("zoom=1", "must be less than 1 (got 1)"),
        ("aspect_ratio=0.5", "must be at least 1 (got 0.5)"),
        ("erasing_area=0.01", "must be at least 0.02 (got 0.01)"),
        ("image_size=4", "must be at least 8 (got 4)"),
        ("mixup=-1", "must be at least 0 (got -1)"),
    ],
)
def test_a_strength_out_of_its_range_is_named_with_the_range(override, rule):
    assert f"augmentation.{override.split('=')[0]}: {rule}" in fault_of(None, f"augmentation.{override}")
