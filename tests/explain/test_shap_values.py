"""Shapley values of a picture's parts."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from vitrine.errors import UserError
from vitrine.explain import shap_values
from vitrine.explain.perturbation import HIDINGS, Perturbation
from vitrine.explain.shap_values import shap_map

SPOT = (slice(40, 56), slice(8, 24))


def needs_shap():
    """Skips where SHAP is not installed; does not import it, since what Vitrine spares it is spared when it is."""
    if find_spec("shap") is None:
        pytest.skip("the extra shap is not installed: requirements-shap.txt")


def brightness_of_the_spot(pictures):
    return pictures[:, *SPOT].mean((1, 2, 3)) / 255


@pytest.fixture
def picture():
    pixels = np.random.default_rng(0).integers(0, 100, (64, 64, 3), dtype=np.uint8)
    pixels[SPOT] = 255
    return pixels


@pytest.mark.parametrize("hiding", HIDINGS)
def test_what_the_answer_rests_on_is_eight_times_as_important_as_the_rest(picture, hiding):
    needs_shap()
    importance = shap_map(brightness_of_the_spot, picture, Perturbation(hiding, 200))
    assert (importance.shape, importance.dtype) == ((64, 64), np.float32)
    assert importance.max() == 1
    outside = importance.copy()
    outside[SPOT] = np.nan
    assert importance[SPOT].mean() > 8 * np.nanmean(outside)


@pytest.mark.parametrize("hiding", HIDINGS)
def test_the_network_is_asked_about_the_whole_picture_about_one_without_content_and_often_enough(picture, hiding):
    needs_shap()
    asked, told = [], []

    def ask(pictures):
        asked.extend(pictures)
        return brightness_of_the_spot(pictures)

    shap_map(ask, picture, Perturbation(hiding, 100, lambda *progress: told.append(progress)))
    assert 80 <= len(asked) <= 110
    assert told[-1] == (100, 100)
    assert {one.dtype for one in asked} == {np.dtype(np.uint8)}
    assert any((one == picture).all() for one in asked)
    assert any(one[SPOT].std() < 20 for one in asked)


def test_numba_compiles_for_others_as_before():
    needs_shap()
    import numba

    shap_map(brightness_of_the_spot, np.zeros((70, 70, 3), np.uint8), Perturbation(evaluations=10))
    assert not numba.config.DISABLE_JIT


@pytest.mark.slow  # Numba compiles for twelve seconds
def test_a_program_may_have_imported_shap_before():
    needs_shap()
    program = """
import numpy as np, shap
from vitrine.explain import shap_values
from vitrine.explain.perturbation import Perturbation
from vitrine.explain.shap_values import shap_map
picture, ask = np.full((70, 70, 3), 9, np.uint8), lambda pictures: pictures.mean((1, 2, 3)) / 255
print(shap_map(ask, picture, Perturbation(evaluations=10)).shape)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "(70, 70)"


def test_without_the_library_it_is_named(picture, monkeypatch):
    monkeypatch.setattr(shap_values, "_make_masker", shap_values._make_masker.__wrapped__)  # it may be there already
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(UserError, match=r"pip install -r requirements-shap\.txt"):
        shap_map(brightness_of_the_spot, picture)
