"""Shapley values of a picture's parts."""

import sys

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.explain.shap_values import HIDINGS, ShapOptions, shap_map

SPOT = (slice(40, 56), slice(8, 24))


def brightness_of_the_spot(pictures):
    return pictures[:, *SPOT].mean((1, 2, 3)) / 255


@pytest.fixture
def picture():
    pixels = np.random.default_rng(0).integers(0, 100, (64, 64, 3), dtype=np.uint8)
    pixels[SPOT] = 255
    return pixels


@pytest.mark.slow  # numba compiles for seconds
@pytest.mark.parametrize("hiding", HIDINGS)
def test_what_the_answer_rests_on_is_eight_times_as_important_as_the_rest(picture, hiding):
    pytest.importorskip("shap")
    importance = shap_map(brightness_of_the_spot, picture, ShapOptions(hiding, 200))
    assert (importance.shape, importance.dtype) == ((64, 64), np.float32)
    assert importance.max() == 1
    outside = importance.copy()
    outside[SPOT] = np.nan
    assert importance[SPOT].mean() > 8 * np.nanmean(outside)


def test_without_the_library_it_is_named(picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-shap\.txt"):
        shap_map(brightness_of_the_spot, picture)
