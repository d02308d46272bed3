"""Covering parts of a picture, one after the other."""

import numpy as np

from tests.explain.networks import SIDE, SPOT, ask, red_spot
from vitrine.explain.occlusion import occlusion_map


def test_the_part_that_decides_is_found():
    found = occlusion_map(ask, red_spot())
    assert (found.shape, found.dtype, found.max()) == ((SIDE, SIDE), np.float32, 1)
    outside = found.copy()
    outside[SPOT] = 0
    assert found[SPOT].mean() > 4 * outside.mean()


def test_a_side_that_the_cells_do_not_divide_is_covered_whole():
    seen = []

    def notes(pixels):
        seen.extend(pixels)
        return np.zeros(len(pixels), np.float32)

    assert occlusion_map(notes, np.ones((3, 30, 30), np.float32) * np.arange(30), cells=7).max() == 0
    covered = np.any([one != seen[0] for one in seen], axis=(0, 1))
    assert covered.mean() > 0.95  # where the mean is the very colour nothing changes


def test_every_cover_is_asked_about_once():
    asked = []
    occlusion_map(lambda pixels: asked.append(len(pixels)) or np.ones(len(pixels), np.float32), red_spot(), cells=4)
    assert sum(asked) == 1 + 5 * 5
