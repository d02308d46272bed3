"""Bounds of paired losses hold what they promise, and say how many pictures would tell."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from vitrine.evaluation.noninferiority import bound_mean, bound_share, pictures_for_mean, pictures_for_share


@pytest.mark.parametrize(("lost", "gained", "pictures"), [(4, 0, 40), (12, 2, 50), (3, 9, 60)])
def test_at_its_bounds_a_loss_is_as_far_away_as_the_confidence_says(lost, gained, pictures):
    """By the definition of a score interval, with the likelihood maximised by search."""
    loss = bound_share(lost, gained, pictures, alarm=0.975, assurance=0.9)

    def distance(assumed):
        def miss(share):
            chances = (share + assumed, share, 1 - 2 * share - assumed)
            return -sum(count * np.log(chance) for count, chance in zip(counts, chances, strict=True) if count)

        counts = (lost, gained, pictures - lost - gained)
        bounds = (max(0.0, -assumed) + 1e-12, (1 - assumed) / 2 - 1e-12)
        share = minimize_scalar(miss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        return (lost - gained - pictures * assumed) / np.sqrt(pictures * (2 * share + assumed - assumed**2))

    assert distance(loss.at_least) == pytest.approx(norm.ppf(0.975), abs=1e-3)
    assert distance(loss.at_most) == pytest.approx(-norm.ppf(0.9), abs=1e-3)


@pytest.mark.parametrize(("lost", "gained", "pictures"), [(0, 0, 30), (5, 2, 60), (0, 9, 40), (12, 0, 40)])
def test_bounds_change_places_with_the_models(lost, gained, pictures):
    one, other = bound_share(lost, gained, pictures, 0.9, 0.9), bound_share(gained, lost, pictures, 0.9, 0.9)
    assert (one.at_least, one.at_most) == pytest.approx((-other.at_most, -other.at_least))
    assert one.at_least < one.worse_by < one.at_most


def test_a_total_loss_and_a_single_picture_have_bounds():
    assert bound_share(50, 0, 50, 0.95, 0.95).at_most == 1
    assert bound_share(0, 1, 1, 0.95, 0.95).at_least == -1


@pytest.mark.parametrize("pictures", [25, 40])
def test_a_loss_at_the_margin_passes_seldom(pictures):
    """All ways in which pictures can turn out, where a tenth is lost and nothing gained."""
    passed = sum(
        binom.pmf(lost, pictures, 0.1)
        for lost in range(pictures + 1)
        if bound_share(lost, 0, pictures, 0.95, 0.95).at_most < 0.1
    )
    assert passed < 0.075


@pytest.mark.parametrize(("lost", "gained", "pictures"), [(0, 0, 1), (2, 0, 50), (6, 5, 40)])
def test_so_many_pictures_would_do_and_one_less_would_not(lost, gained, pictures):
    enough = pictures_for_share(lost, gained, pictures, 0.1, 0.95)

    def at_most(number):
        share = number / pictures
        return bound_share(lost * share, gained * share, number, 0.95, 0.95).at_most

    assert at_most(enough) < 0.1 <= at_most(enough - 1)


def test_no_number_of_pictures_shows_what_is_not_so():
    assert pictures_for_share(10, 0, 50, 0.1, 0.95) is None
    assert pictures_for_mean(np.array([0.1, 0.3]), 0.1, 0.95) is None


def test_a_number_that_nobody_has_is_none():
    assert pictures_for_share(7, 0, 145, 0.05, 0.95) is None  # 4.8 points lost of 5: tens of thousands
    assert pictures_for_share(4, 0, 145, 0.05, 0.95) < 1000


def test_the_bounds_of_a_mean_hold_it_as_often_as_they_say():
    generator = np.random.default_rng(0)
    bounds = [bound_mean(generator.normal(0.1, 1, 12), 0.95, 0.95) for _ in range(800)]
    assert 0.93 < np.mean([bound.at_least <= 0.1 for bound in bounds]) < 0.97
    assert 0.93 < np.mean([bound.at_most >= 0.1 for bound in bounds]) < 0.97


def test_so_many_pictures_show_a_small_mean():
    losses = np.tile([-0.2, 0.2], 10)
    enough = pictures_for_mean(losses, 0.03, 0.95)
    assert bound_mean(np.tile([-0.2, 0.2], enough // 2 + 1), 0.95, 0.95).at_most < 0.0301
    assert bound_mean(np.tile([-0.2, 0.2], round(0.45 * enough)), 0.95, 0.95).at_most > 0.03
