"""Named policies and single steps of one's own."""

from typing import get_args

import pytest

from vitrine.config.augmentation import PolicyName
from vitrine.config.loading import load_recipe
from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import POLICIES, Policy, resolve_policy
from vitrine.errors import UserError


def policy_of(*overrides):
    return Policy.from_section(load_recipe(None, [f"augmentation.{override}" for override in overrides]).augmentation)


def test_the_recipe_knows_every_policy():
    assert get_args(PolicyName) == tuple(POLICIES)


def test_single_steps_change_the_named_policy_and_null_keeps_its_own():
    policy = policy_of("policy=standard", "contrast=0", "hue=0.1", "rotation=null")
    assert (policy.rotation, policy.contrast, policy.hue, policy.crop_min) == (15, 0, 0.1, 0.6)
    assert policy_of("policy=none", "horizontal_flip=off") == Policy()


def test_mixing_is_off_until_it_is_asked_for():
    section = load_recipe(None, ["augmentation.mixup=0.2", "augmentation.mix_probability=0.5"]).augmentation
    assert Mixing.from_section(section) == Mixing(mixup=0.2, probability=0.5)
    assert not Mixing.from_section(load_recipe(None).augmentation).is_on


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("stong", {}, "there is no policy 'stong'; did you mean strong?"),
        ("none", {"rotaton": 3}, "there is no step 'rotaton'; did you mean rotation?"),
        ("light", {"crop_max": 0.5}, "crop_min must not be larger than crop_max .got 0.9 and 0.5"),
    ],
)
def test_a_mistake_is_named_with_what_is_near(name, overrides, message):
    with pytest.raises(UserError, match=message):
        resolve_policy(name, overrides)
