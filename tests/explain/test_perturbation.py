"""What stands where parts of a picture are taken away."""

import numpy as np
import pytest

from vitrine.explain.perturbation import without_content


def test_nothing_can_be_told_in_a_picture_without_content_but_its_colors_stay():
    picture = np.random.default_rng(0).normal(size=(3, 56, 56)).astype(np.float32)
    blurred, mean = without_content(picture)
    assert blurred.std() < picture.std() / 5
    assert blurred.mean() == pytest.approx(picture.mean(), abs=0.05)
    assert np.array_equal(mean, np.broadcast_to(picture.mean(axis=(1, 2), keepdims=True), picture.shape))
