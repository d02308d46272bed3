import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance, ImageOps

from tests.data.pictures import photograph, product, saved
from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE, fingerprint
from vitrine.data.checks.near_duplicates import LARGEST_CHAIN, find_duplicates, join_pairs

OTHERS = 40


def crop(picture):
    width, height = picture.size
    return picture.crop((width // 20, height // 20, width - width // 20, height - height // 20))


CHANGES = {
    "jpeg 40": (lambda picture: saved(picture, 40), "saved again or resized"),
    "resize 0.5": (lambda picture: picture.resize((100, 80), Image.Resampling.LANCZOS), "saved again or resized"),
    "crop 5 %": (crop, "cropped"),
    "mirror": (ImageOps.mirror, "mirrored"),
    "brightness 1.3": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.3), "other brightness"),
    "mirrored crop": (lambda picture: ImageOps.mirror(crop(picture)), "mirrored, cropped"),
}


def search(pictures, contents=None, status="kept", near=True):
    contents = contents or [str(number) for number in range(len(pictures))]
    manifest = pd.DataFrame({"sha256": contents, "status": status})
    thumbnails = np.stack([fingerprint(picture).thumbnail for picture in pictures])
    return find_duplicates(manifest, thumbnails, near)


@pytest.fixture(scope="module")
def others():
    return [photograph(number) for number in range(1, 1 + OTHERS)]


@pytest.mark.parametrize("kind", CHANGES)
def test_a_near_copy_is_found_named_and_nothing_else(kind, others):
    change, name = CHANGES[kind]
    originals = [photograph(100), photograph(101)]
    duplicates = search(originals + others + [saved(change(picture)) for picture in originals])
    first = len(others) + 2
    assert duplicates.groups() == [[0, first], [1, first + 1]]
    assert duplicates.pairs["kind"].tolist() == [name] * 2


def test_products_of_one_outline_on_white_are_no_copies_but_a_brightened_one_is():
    pictures = [product(number) for number in range(12)]
    assert search(pictures).groups() == []
    brightened = saved(ImageEnhance.Brightness(pictures[3]).enhance(1.3))
    assert search([*pictures, brightened]).groups() == [[3, 12]]


def test_the_same_product_in_another_color_of_equal_brightness_is_no_copy():
    picture = np.asarray(photograph(5).convert("YCbCr")).copy()
    other = picture.copy()
    other[..., 2] = 255 - other[..., 2]
    assert search([_from_ycbcr(picture), _from_ycbcr(other)]).groups() == []


def _from_ycbcr(pixels):
    return Image.merge("YCbCr", [Image.fromarray(pixels[..., band]) for band in range(3)]).convert("RGB")


def test_flat_pictures_are_compared_exactly_only():
    flat = [Image.new("RGB", (50, 50), (gray, gray, gray)) for gray in (200, 201, 202, 202)]
    assert search(flat, contents=["a", "b", "c", "c"]).groups() == [[2, 3]]


def test_exact_copies_are_one_content_however_near_copies_are_searched(others):
    contents = [f"{number}" for number in range(OTHERS)]
    contents[7] = contents[30] = contents[2]
    duplicates = search(others, contents, near=False)
    assert duplicates.exact_groups() == duplicates.groups() == [[2, 7, 30]]
    assert duplicates.pairs.empty
    assert duplicates.group[30] == duplicates.content[30] == 2


def test_an_exact_copy_of_a_near_copy_is_in_its_group(others):
    pictures = [*others, saved(ImageOps.mirror(others[4])), saved(ImageOps.mirror(others[4]))]
    contents = [f"{number}" for number in range(OTHERS)] + ["copy", "copy"]
    duplicates = search(pictures, contents)
    assert duplicates.groups() == [[4, OTHERS, OTHERS + 1]]
    assert duplicates.pairs[["first", "second"]].to_numpy().tolist() == [[4, OTHERS]]


def test_rows_that_are_not_kept_have_no_near_duplicates(others):
    status = ["quarantined", "kept", "kept", "left_out"]
    duplicates = search([others[0], others[1], others[1], others[1]], ["a", "b", "b", "b"], status)
    assert duplicates.content.tolist() == duplicates.group.tolist() == [-1, 1, 1, -1]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_manifest_with_nothing_to_compare_has_no_near_duplicates(rows):
    manifest = pd.DataFrame({"sha256": ["a"] * rows, "status": ["kept"] * rows})
    duplicates = find_duplicates(manifest, np.zeros((rows, *THUMBNAIL_SHAPE), np.uint8))
    assert duplicates.groups() == []
    assert len(duplicates.group) == rows


def test_only_flat_pictures_make_no_pairs():
    assert search([Image.new("RGB", (40, 40), "white")] * 3).groups() == []


def pairs_of(*links):
    return pd.DataFrame(links, columns=["first", "second"])


def test_groups_grow_along_pairs():
    assert join_pairs(pairs_of((0, 2), (2, 5), (1, 3)), 6).tolist() == [0, 1, 0, 1, 4, 0]


def test_a_long_chain_is_divided_and_a_large_star_is_not():
    frames = LARGEST_CHAIN + 10
    chain = join_pairs(pairs_of(*((place, place + 1) for place in range(frames - 1))), frames)
    assert np.bincount(chain).max() == 3
    star = join_pairs(pairs_of(*((0, place) for place in range(1, frames))), frames)
    assert set(star.tolist()) == {0}


def test_the_order_of_the_rows_does_not_change_the_groups(others):
    pictures = [*others[:10], saved(crop(others[3])), saved(ImageOps.mirror(others[8]))]
    contents = [str(number) for number in range(12)]
    order = np.random.default_rng(0).permutation(12)
    duplicates = search([pictures[place] for place in order], [contents[place] for place in order])
    groups = {frozenset(int(order[row]) for row in group) for group in duplicates.groups()}
    assert groups == {frozenset({3, 10}), frozenset({8, 11})}


def test_progress_ends_at_all_pictures(others):
    seen = []
    manifest = pd.DataFrame({"sha256": [str(number) for number in range(OTHERS)], "status": "kept"})
    thumbnails = np.stack([fingerprint(picture).thumbnail for picture in others])
    find_duplicates(manifest, thumbnails, progress=lambda done, all_: seen.append((done, all_)))
    assert seen[-1] == (OTHERS, OTHERS)
