"""Which pictures are worth laying over each other, each compared with each."""

import numpy as np
import pytest
from PIL import ImageOps

from tests.data.pictures import photograph, saved
from vitrine.data.checks import exact_search
from vitrine.data.checks.exact_search import TILE_ROWS, blocks_of, compare_all, with_contrast
from vitrine.data.checks.fingerprints import fingerprint
from vitrine.records import scratch

COUNT = 12


@pytest.fixture(scope="module")
def thumbnails():
    """Twelve photographs, a copy of the first, the second mirrored, and an even page."""
    pictures = [photograph(number) for number in range(COUNT)]
    pictures += [saved(pictures[0], 40), ImageOps.mirror(pictures[1])]
    page = np.full_like(fingerprint(pictures[0]).thumbnail, 200)
    return np.stack([*(fingerprint(picture).thumbnail for picture in pictures), page])


def candidates(thumbnails, fresh=None, told=lambda *_: None):
    rows = np.arange(len(thumbnails))
    fresh = np.ones(len(rows), bool) if fresh is None else fresh
    found = list(compare_all(thumbnails, rows, fresh, told))
    return {
        (min(one, other), max(one, other), bool(mirrored))
        for block in found
        for one, other, mirrored in zip(*block, strict=True)
    }


def test_a_copy_and_a_mirrored_copy_are_among_the_candidates_and_an_even_page_is_not(thumbnails):
    found = candidates(thumbnails)
    assert (0, COUNT, False) in found
    assert (1, COUNT + 1, True) in found
    assert all(COUNT + 2 not in pair[:2] for pair in found)


def test_known_pictures_are_compared_with_the_blocks_of_fresh_ones_alone(thumbnails, monkeypatch):
    monkeypatch.setattr(exact_search, "TILE_ROWS", 1)
    fresh = np.zeros(len(thumbnails), bool)
    fresh[COUNT] = True
    found = candidates(thumbnails, fresh)
    assert (0, COUNT, False) in found
    assert all(COUNT in pair[:2] for pair in found)


def test_shapes_of_many_pictures_lie_in_a_file_and_give_the_same(thumbnails, monkeypatch):
    in_memory, sizes = candidates(thumbnails), []
    monkeypatch.setattr(scratch, "MOST_IN_MEMORY", 0)
    monkeypatch.setattr(scratch, "reserve_disk", lambda file, size: sizes.append(size) or file.truncate(size))
    assert candidates(thumbnails) == in_memory
    assert sizes == [2 * 3 * (COUNT + 2) * 32 * 4]


def test_progress_ends_with_all_that_are_compared(thumbnails):
    told = []
    candidates(thumbnails, told=lambda *counts: told.append(counts))
    assert told[-1] == (COUNT + 2, COUNT + 2)


def test_rows_without_contrast_are_passed_over_and_blocks_cover_all(thumbnails):
    rows = np.arange(len(thumbnails))
    assert with_contrast(thumbnails, rows).tolist() == rows[:-1].tolist()
    assert with_contrast(thumbnails, rows[:0]).tolist() == []
    many = np.arange(2 * TILE_ROWS + 1)
    assert np.concatenate(blocks_of(many)).tolist() == many.tolist()
