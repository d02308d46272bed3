import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.data.pictures import photograph, saved
from vitrine.data.checks.fingerprints import SIDE, THUMBNAIL_SHAPE, fingerprint


def bits(picture):
    return int(fingerprint(picture).perceptual_hash, 16)


def test_a_fingerprint_is_the_same_in_every_run_and_thread():
    pictures = [photograph(number) for number in range(8)]
    alone = [fingerprint(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fingerprint, pictures))
    for one, other in zip(alone, together, strict=True):
        assert (one.perceptual_hash, one.contrast) == (other.perceptual_hash, other.contrast)
        assert np.array_equal(one.thumbnail, other.thumbnail)


def test_hash_is_well_defined_where_changes_are_exactly_zero():
    """Whole-number cosines: a symmetrical picture has changes of exactly zero, never of 1e-17 with either sign."""
    half = np.asarray(photograph(0, (16, 32)))
    picture = Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1))
    found = fingerprint(picture).perceptual_hash
    assert found == fingerprint(ImageOps.mirror(picture)).perceptual_hash
    assert len(found) == 16


def test_hashes_of_a_resaved_picture_are_near_and_of_others_far():
    first = bits(photograph(1))
    assert (first ^ bits(saved(photograph(1), quality=40))).bit_count() <= 4
    assert min((first ^ bits(photograph(number))).bit_count() for number in range(2, 30)) >= 12


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (31, 33), (224, 224), (2000, 10)])
def test_pictures_of_any_size_have_one(size):
    found = fingerprint(Image.new("RGB", size, (10, 200, 30)))
    assert found.thumbnail.shape == THUMBNAIL_SHAPE
    assert found.thumbnail.dtype == np.uint8
    assert found.contrast == 0


def test_thumbnail_keeps_brightness_and_color():
    thumbnail = fingerprint(Image.new("RGB", (50, 40), (255, 0, 0))).thumbnail
    brightness, blue, red = thumbnail[:SIDE], thumbnail[SIDE:, :16], thumbnail[SIDE:, 16:]
    assert {int(brightness.min()), int(brightness.max())} == {76}
    assert {int(blue.min()), int(blue.max())} == {84}
    assert int(red.min()) >= 254


def test_fine_texture_and_a_small_spot_both_count_as_contrast():
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    assert fingerprint(Image.fromarray(noise)).contrast > 20
    spot = Image.new("RGB", (600, 600), "white")
    spot.paste("black", (300, 300, 340, 340))
    assert fingerprint(spot).contrast > 10


def test_a_fingerprint_costs_little_beside_decoding():
    picture = photograph(0, (224, 224))
    fingerprint(picture)
    start = time.process_time()
    for _ in range(200):
        fingerprint(picture)
    assert (time.process_time() - start) / 200 < 0.0006  # measured: 0.00017; machines differ
