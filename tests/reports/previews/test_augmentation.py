"""What the page of the augmentation shows and says."""

import re
from dataclasses import replace

import pytest
import torch
from PIL import Image

from tests.conftest import draw_scene
from vitrine.data.augmentation.augment import augment, draw_numbers
from vitrine.data.augmentation.mixing import Mixing
from vitrine.data.augmentation.policies import POLICIES, Policy
from vitrine.data.images.preprocessing import Preparation, preprocess_image
from vitrine.data.sources.samples import Sample
from vitrine.errors import UserError
from vitrine.reports.previews.augmentation import Augmentation, make_mixtures, make_variants, write_augmentation_page
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


def shown(policy="strong", mixing=None, preparation=None):
    return Augmentation(policy, POLICIES[policy], mixing or Mixing(), 3, 48, 32, preparation or Preparation())


def test_variants_are_what_the_training_makes_of_the_picture():
    preprocessed = preprocess_image(draw_scene(), 48, Preparation())
    variants = make_variants(preprocessed, 5, shown())
    assert variants.shape == (16, 3, 32, 32)
    for epoch in (0, 9):
        expected = augment(preprocessed[None], draw_numbers(3, epoch, [5]), "strong", side=32)[0]
        assert torch.allclose(variants[epoch], expected, atol=1e-3)


def test_mixtures_name_the_shares_of_their_classes():
    preprocessed = torch.stack(
        [preprocess_image(Image.new("RGB", (9, 9), color), 48, Preparation()) for color in ("red", "blue")]
    )
    mixtures = make_mixtures(preprocessed, ["cat", "dog"], shown("none", Mixing(mixup=1, probability=0.1)), ENGLISH)
    assert len(mixtures) == 8
    shares = [int(share) for mixture in mixtures for share in re.findall(r"(\d+)\s% \w+", mixture.words)]
    assert any(0 < share < 100 for share in shares)
    assert make_mixtures(preprocessed[:1], ["cat"], shown("none", Mixing(mixup=1)), ENGLISH) == []
    assert make_mixtures(preprocessed, ["cat", "dog"], shown(), ENGLISH) == []


def test_the_page_holds_every_picture_and_escapes_names(tmp_path):
    samples = [Sample("a <b>/1.png", "a <b>", draw_scene()), Sample("photo.jpg", "", draw_scene())]
    write_augmentation_page(tmp_path / "page.html", "x & y", samples, shown("light", Mixing(cutmix=1)))
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("<img ") == 2 * 17 + 8
    assert "a <b>" not in page
    assert "x &amp; y" in page
    assert "turned by up to 10°" in page
    assert not re.search(r"(src|href)=.(?!data:|#)", page)


def test_one_picture_alone_is_not_mixed_and_the_page_says_so(tmp_path):
    write_augmentation_page(
        tmp_path / "page.html", "x", [Sample("1", "", draw_scene())], shown("none", Mixing(mixup=1))
    )
    assert "cannot be mixed" in (tmp_path / "page.html").read_text("utf-8")


def test_settings_are_those_that_do_something_as_a_recipe_writes_them():
    policy = Policy(horizontal_flip=True, rotation=40, shift=0.2)
    settings = replace(shown("none", Mixing(mixup=0.2)), policy=policy).settings
    assert settings == {
        "horizontal_flip": "true",
        "rotation": "40",
        "shift": "0.2",
        "mixup": "0.2",
        "mix_probability": "1",
    }
    assert shown("none").settings == {}


def test_the_page_is_written_in_french(tmp_path):
    samples = [Sample("1.png", "chat", draw_scene()), Sample("2.png", "chien", draw_scene())]
    write_augmentation_page(tmp_path / "page.html", "x", samples, shown("light", Mixing(cutmix=1)), "fr")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert '<html lang="fr">' in page
    for words in ("Images mélangées", "époque 16", "CutMix (alpha 1) dans"):
        assert words in page


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        write_augmentation_page(tmp_path / "no" / "page.html", "x", [Sample("1", "", draw_scene())], shown())
