"""Covering parts of a picture, many at once."""

import numpy as np
import pytest

from tests.explain.networks import SIDE, SPOT, ask, red_spot
from vitrine.explain.occlusion import EVALUATIONS, PARTS, occlusion_map
from vitrine.explain.perturbation import Perturbation


def test_the_part_that_decides_is_found():
    found = occlusion_map(ask, red_spot())
    assert (found.shape, found.dtype, found.max()) == ((SIDE, SIDE), np.float32, 1)
    outside = found.copy()
    outside[SPOT] = np.nan
    assert found[SPOT].mean() > 4 * np.nanmean(outside)


def test_it_is_found_too_where_the_answer_is_sure_as_long_as_half_of_it_is_seen():
    """Covering one part after the other would show nothing."""

    def sure(pixels):
        return (pixels[:, 0, *SPOT].mean(axis=(1, 2)) > 0.3).astype(np.float64)

    found = occlusion_map(sure, red_spot())
    assert found[SPOT].mean() > 4 * found[SIDE // 2 :].mean()


def test_where_nothing_speaks_for_the_class_the_map_is_empty():
    assert not occlusion_map(lambda pixels: np.full(len(pixels), 0.7), red_spot()).any()


@pytest.mark.parametrize("evaluations", [None, 100])
def test_the_network_is_asked_as_often_as_it_is_told_about_covers_of_the_whole_picture(evaluations):
    asked, told = [], []

    def note(pixels):
        asked.extend(pixels)
        return np.zeros(len(pixels))

    picture = np.random.default_rng(0).random((3, 30, 30), dtype=np.float32)  # a side that the parts do not divide
    occlusion_map(note, picture, Perturbation(evaluations=evaluations, progress=lambda *at: told.append(at)))
    wanted = evaluations or EVALUATIONS
    assert len(asked) == wanted
    assert told[-1] == (wanted, wanted)
    changed = np.any(np.array(asked) != picture, axis=1)
    assert changed.any(axis=0).all()
    assert not changed.all(axis=0).any()
    shares = changed.mean(axis=(1, 2))
    assert shares.min() < 0.25 < 0.75 < shares.max()
    assert len({one.tobytes() for one in asked}) == wanted > PARTS**2


def test_whoever_raises_in_the_progress_ends_the_work():
    def stop(_done, _all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        occlusion_map(ask, red_spot(), Perturbation(progress=stop))
