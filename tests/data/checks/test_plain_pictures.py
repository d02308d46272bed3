"""Empty pages and dark frames are no copies of each other, however many there are; a few may be."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.data.pictures import photograph, product
from vitrine.data.checks import near_duplicates
from vitrine.data.checks.fingerprints import fingerprint
from vitrine.data.checks.near_duplicates import find_duplicates
from vitrine.data.checks.plain_pictures import CROWD, drop_crowds, is_plain


def scanned(kind, number=0):
    """A page without a word on it, of 192 x 256 pixels, a little different for each number."""
    generator = np.random.default_rng(number)
    page = 240 + generator.normal(0, 3, (256, 192))
    if kind == "with a shadow":
        page -= np.linspace(0, 60, 192)
    elif kind == "with two holes":
        down, across = np.ogrid[:256, :192]
        for hole in np.array([80, 176]) + generator.integers(-2, 3, 2):
            page[(down - hole) ** 2 + (across - 12) ** 2 < 36] = 30
    elif kind == "with a dark edge":
        page[:, : 8 + generator.integers(3)] = page[: 6 + generator.integers(3)] = 20
    return Image.fromarray(page.clip(0, 255).astype(np.uint8)).convert("RGB")


KINDS = ("white", "with a shadow", "with two holes", "with a dark edge")


def thumbnails_of(pictures):
    return np.stack([fingerprint(picture).thumbnail for picture in pictures])


def find(thumbnails):
    return find_duplicates(pd.DataFrame({"sha256": [*map(str, range(len(thumbnails)))], "status": "kept"}), thumbnails)


def test_pages_are_plain_and_photographs_and_products_are_not():
    assert is_plain(thumbnails_of([scanned(kind) for kind in KINDS])).all()
    assert not is_plain(thumbnails_of([photograph(1), photograph(2), product(1), product(2)])).any()


def test_no_pictures_give_no_answer():
    assert is_plain(np.zeros((0, 48, 32), np.uint8)).shape == (0,)


@pytest.mark.parametrize("search", ["all pairs", "index"])
@pytest.mark.parametrize("kind", ["with two holes", "with a dark edge"])
def test_many_scans_of_empty_pages_are_no_copies_by_either_search(kind, search, monkeypatch):
    if search == "index":
        monkeypatch.setattr(near_duplicates, "COMPARED_AT_MOST", 0)
    copy = photograph(1)
    pictures = [copy, copy.resize((100, 80)), *(scanned(kind, number) for number in range(40))]
    assert find(thumbnails_of(pictures)).groups() == [[0, 1]]


def test_a_few_copies_of_a_plain_picture_are_copies():
    thumbnails = thumbnails_of([scanned("with two holes", 1)] * CROWD)
    assert find(thumbnails).groups() == [[*range(CROWD)]]


def test_only_crowds_of_plain_pictures_lose_their_pairs():
    thumbnails = thumbnails_of([scanned("white")] * 10 + [photograph(1)] * 10)
    one, other = np.triu_indices(10, 1)
    pairs = pd.DataFrame({"first": [*one, *one + 10], "second": [*other, *other + 10]})
    assert drop_crowds(pairs, thumbnails).equals(pairs[len(one) :].reset_index(drop=True))
