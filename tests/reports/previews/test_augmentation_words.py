"""Augmentation in words for people."""

import pytest

from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import POLICIES, Policy, resolve_policy
from vitrine.reports.previews.augmentation_words import describe_mixing, describe_policy
from vitrine.ui.texts import load_texts, plain_spaces

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({}, []),
        ({"crop_min": 0.6}, ["crops of 60 to 100 % of each side"]),
        ({"blur": 2.0, "blur_probability": 0.1}, ["10 % blurred by up to 2 px"]),
        ({"noise": 0.1, "noise_probability": 0.0}, []),
        ({"hue": 0.05, "grayscale": 0.2}, ["hue ±18°", "20 % in grey"]),
    ],
)
def test_each_step_is_said_in_words(overrides, words):
    assert [plain_spaces(phrase) for phrase in describe_policy(resolve_policy("none", overrides), ENGLISH)] == words


def test_the_steps_are_said_in_french_too():
    policy = resolve_policy("none", {"crop_min": 0.6, "noise": 0.025, "noise_probability": 0.5})
    assert [plain_spaces(phrase) for phrase in describe_policy(policy, FRENCH)] == [
        "recadrages de 60 à 100 % de chaque côté", "50 % avec un bruit d’au plus 2,5 % du blanc",
    ]  # fmt: skip


def test_every_policy_but_none_has_words():
    assert [name for name in POLICIES if not describe_policy(POLICIES[name], ENGLISH)] == ["none"]
    assert describe_policy(Policy(), ENGLISH) == []


def test_what_is_done_to_batches_is_one_phrase_or_none():
    assert describe_mixing(Mixing(), ENGLISH) == []
    (alone,) = describe_mixing(Mixing(mixup=0.2), ENGLISH)
    (both,) = describe_mixing(Mixing(mixup=0.2, cutmix=1, probability=0.25), ENGLISH)
    assert "mixup (alpha 0.2)" in alone
    assert "CutMix" not in alone
    assert "mixup (alpha 0.2)" in both
    assert "CutMix (alpha 1)" in both
    assert "25 %" in plain_spaces(both)
