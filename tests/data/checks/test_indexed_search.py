import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance, ImageOps

from tests.data.pictures import photograph, saved
from vitrine.data.checks import indexed_search, near_duplicates
from vitrine.data.checks.fingerprints import fingerprint
from vitrine.data.checks.indexed_search import EVEN, HALF_CUT, describe, mirror, search_index
from vitrine.data.checks.near_duplicates import find_duplicates

COUNT = 60


def crop(picture):
    width, height = picture.size
    return picture.crop((width // 20, height // 20, width - width // 20, height - height // 20))


def thumbnails_of(pictures):
    return np.stack([fingerprint(picture).thumbnail for picture in pictures])


@pytest.fixture(scope="module")
def thumbnails():
    """Sixty photographs, and of the first five a copy each."""
    pictures = [photograph(number) for number in range(COUNT)]
    changes = (
        lambda picture: saved(picture, 40),
        lambda picture: picture.resize((100, 80)),
        crop,
        ImageOps.mirror,
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    )
    return thumbnails_of(pictures + [saved(change(one)) for change, one in zip(changes, pictures, strict=False)])


def find(thumbnails, compared=None, known=None):
    manifest = pd.DataFrame({"sha256": [str(row) for row in range(len(thumbnails))], "status": "kept"})
    if compared is not None:
        manifest["compared"] = compared
    return find_duplicates(manifest, thumbnails, known=known)


@pytest.fixture
def indexed(monkeypatch):
    """Even few pictures are searched by the index."""
    monkeypatch.setattr(near_duplicates, "COMPARED_AT_MOST", 0)


def test_the_index_finds_the_groups_that_comparing_all_finds(thumbnails, monkeypatch):
    exact = find(thumbnails)
    monkeypatch.setattr(near_duplicates, "COMPARED_AT_MOST", 0)
    by_index = find(thumbnails)
    assert by_index.groups() == exact.groups() == [[row, COUNT + row] for row in range(5)]
    assert by_index.pairs["kind"].tolist() == exact.pairs["kind"].tolist()


def test_copies_are_found_though_most_cells_are_not_looked_at(thumbnails, indexed, monkeypatch):
    monkeypatch.setattr(indexed_search, "SAMPLES_PER_CELL", 3)
    looked_at = []

    def count(index, questions):
        found = search(index, questions)
        looked_at.append((index.nprobe, index.nlist))
        return found

    search = indexed_search._search
    monkeypatch.setattr(indexed_search, "_search", count)
    monkeypatch.setattr(indexed_search, "CELLS_LOOKED_AT", 6)
    assert find(thumbnails).groups() == [[row, COUNT + row] for row in range(5)]
    assert {(6, 21)} == set(looked_at)


def lean(thumbnail, levels):
    """The thumbnail with so little of its brightness to the left or the right."""
    slope = np.cos(np.pi * (2 * np.arange(32) + 1) / 64)
    brightness = thumbnail[:32].astype(float)
    brightness += (levels - brightness.mean(axis=0) @ slope / 16) * slope
    return np.concatenate([brightness.round().clip(0, 255).astype(np.uint8), thumbnail[32:]])


def turn(thumbnail):
    """The thumbnail of the mirrored picture."""
    colors = np.concatenate([thumbnail[32:, 15::-1], thumbnail[32:, :15:-1]], axis=1)
    return np.concatenate([thumbnail[:32, ::-1], colors])


def test_mirrored_copies_are_found_where_pictures_hardly_face_a_side(thumbnails, indexed):
    originals = [lean(one, 1.0) for one in thumbnails[:COUNT]]
    copies = [turn(lean(one, -1.0)) for one in thumbnails[:4]]  # both lean to the left so
    found = find(np.stack(originals + copies))
    assert found.groups() == [[row, COUNT + row] for row in range(4)]
    assert set(found.pairs["kind"]) == {"mirrored"}


def test_the_index_answers_the_same_each_time(thumbnails, indexed):
    pd.testing.assert_frame_equal(find(thumbnails).pairs, find(thumbnails).pairs)


@pytest.mark.parametrize("fresh", [range(COUNT, COUNT + 5), range(5)], ids=["the copies", "the originals"])
def test_pictures_added_later_are_compared_with_all_earlier_ones(fresh, thumbnails, indexed):
    compared = ~np.isin(np.arange(len(thumbnails)), list(fresh))
    nothing = find(thumbnails[5:COUNT]).pairs
    assert find(thumbnails, compared, nothing).groups() == [[row, COUNT + row] for row in range(5)]


def test_pictures_added_to_a_large_set_are_judged_as_strictly_as_if_all_had_come_at_once(thumbnails, monkeypatch):
    compared = np.arange(len(thumbnails)) < COUNT
    monkeypatch.setattr(near_duplicates, "COMPARED_AT_MOST", 5 * len(thumbnails))  # all pairs of the five that are new
    monkeypatch.setattr(near_duplicates, "SURE", 0)
    assert find(thumbnails, compared, find(thumbnails[5:COUNT]).pairs).groups() == []


def test_thousands_of_empty_pages_are_no_copies_of_each_other_and_hide_none(thumbnails, indexed):
    generator = np.random.default_rng(0)
    slopes = np.linspace(-1, 1, 64) * generator.normal(15, 1, (50, 1))
    pages = [Image.fromarray(np.tile(200 + slope, (64, 1)).astype(np.uint8)).convert("RGB") for slope in slopes]
    groups = find(np.concatenate([thumbnails, thumbnails_of(pages)])).groups()
    assert groups == [[row, COUNT + row] for row in range(5)]


def test_progress_counts_the_index_the_questions_and_the_pairs_that_were_taken(thumbnails):
    seen = []
    rows, fresh = np.arange(len(thumbnails)), np.arange(len(thumbnails)) < 7
    pairs = search_index(thumbnails, rows, fresh, lambda done, all_: seen.append((done, all_)))
    next(pairs)
    assert seen == [(2, 7), (4, 7)]
    assert list(pairs) == []
    assert seen[-1] == (7, 7)


def test_nothing_to_ask_gives_no_pairs(thumbnails):
    rows = np.arange(len(thumbnails))
    assert list(search_index(thumbnails, rows, np.zeros(len(rows), bool), lambda *_: None)) == []


def test_a_mirrored_picture_is_described_by_other_signs_of_its_odd_changes():
    picture = photograph(3)
    one, other = describe(thumbnails_of([picture])), describe(thumbnails_of([ImageOps.mirror(picture)]))
    assert one.shape == (1, 2 * EVEN)
    assert (mirror(one) @ other.T).item() == pytest.approx(1, abs=1e-3)
    assert (one @ other.T).item() < 0.9


def test_a_picture_is_similar_to_itself_cut_by_half(thumbnails):
    similarity = np.einsum("ij,ij->i", describe(thumbnails), describe(thumbnails, HALF_CUT))
    assert similarity.min() > 0.85
