"""Mixup and CutMix."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from vitrine.data.augmentation.mixing import Mixing, mix, mixing_numbers

LABELS = torch.tensor([0, 1, 2, 3, 0])


@pytest.fixture
def pixels():
    """Each picture of one level: 0, 50, 100, 150, 200."""
    return torch.arange(5.0)[:, None, None, None].expand(5, 3, 32, 32) * 50


def mixed(pixels, mixing, epoch=0, first=0, labels=LABELS):
    return mix(pixels, labels, 4, mixing, mixing_numbers(0, epoch, first))


@pytest.mark.parametrize("epoch", range(8))
def test_mixup_blends_pictures_and_labels_in_the_same_proportion(pixels, epoch):
    labels = torch.arange(5)
    blended, targets = mix(pixels, labels, 5, Mixing(mixup=1), mixing_numbers(0, epoch, 0))
    assert blended.std(dim=(1, 2, 3)).max() < 0.01
    assert torch.allclose(blended[:, 0, 0, 0], targets @ (torch.arange(5.0) * 50), atol=0.01)
    assert ((targets > 0).sum(dim=1) <= 2).all()


@pytest.mark.parametrize("epoch", range(8))
def test_cutmix_pastes_a_rectangle_and_counts_its_pixels(pixels, epoch):
    pasted, targets = mix(pixels, torch.arange(5), 5, Mixing(cutmix=1), mixing_numbers(0, epoch, 0))
    assert set(pasted.unique().tolist()) <= {0, 50, 100, 150, 200}
    own = (pasted[:, 0] == pixels[:, 0]).float().mean(dim=(1, 2))
    assert torch.allclose(targets.diagonal(), own, atol=1e-5)
    assert torch.allclose(targets.sum(dim=1), torch.ones(5))


def test_numbers_depend_on_seed_epoch_and_first_picture_alone(pixels):
    both = Mixing(mixup=0.4, cutmix=1)
    first = mixed(pixels, both, epoch=3, first=17)
    again = mixed(pixels, both, epoch=3, first=17)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], mixed(pixels, both, epoch=4, first=17)[1])
    assert not torch.equal(first[1], mixed(pixels, both, epoch=3, first=18)[1])


def test_with_both_each_takes_about_half_and_the_probability_holds(pixels):
    kinds = []
    for epoch in range(300):
        result, targets = mixed(pixels, Mixing(mixup=1, cutmix=1, probability=0.5), epoch=epoch)
        plain = torch.equal(targets, F.one_hot(LABELS, 4).float())
        kinds.append("none" if plain else "mixup" if result.std(dim=(2, 3)).max() < 0.01 else "cutmix")
    assert 120 < kinds.count("none") < 190
    assert 45 < kinds.count("mixup") < 105
    assert 45 < kinds.count("cutmix") < 105


@pytest.mark.parametrize("mixing", [Mixing(), Mixing(mixup=1, probability=0)])
def test_what_is_off_changes_nothing(pixels, mixing):
    assert not mixing.is_on
    result, targets = mixed(pixels, mixing)
    assert result is pixels
    assert torch.equal(targets, F.one_hot(LABELS, 4).float())


def test_a_batch_of_one_picture_stays_as_it_is(pixels):
    result, targets = mixed(pixels[:1], Mixing(mixup=1, cutmix=1), labels=LABELS[:1])
    assert torch.equal(result, pixels[:1])
    assert targets.tolist() == [[1, 0, 0, 0]]


def test_the_batch_that_comes_in_stays_as_it_is(pixels):
    for mixing in (Mixing(mixup=1), Mixing(cutmix=1)):
        given = pixels.clone()
        mixed(given, mixing)
        assert torch.equal(given, pixels)
