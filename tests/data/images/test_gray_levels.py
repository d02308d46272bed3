"""Grey levels of more than 8 bits: what is black and what is white, or why nobody can know."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.data.images.test_decoding import encode
from vitrine.data.images.decoding import ImageError, decode_image, note_of, open_image, to_rgb
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts


def gray(stream):
    return np.asarray(open_image(stream))[0, :, 0].tolist()


def tiff(levels, photometric=1, **options):
    return encode(Image.fromarray(np.array([levels])), "TIFF", tiffinfo={262: photometric}, **options)


def with_tag(stream, tag, value):
    """The TIFF with another value of a short tag that it has."""
    content = bytearray(stream.getvalue())
    place = content.find(struct.pack("<HHL", tag, 3, 1), struct.unpack("<L", content[4:8])[0])
    content[place + 8 : place + 10] = struct.pack("<H", value)
    return BytesIO(bytes(content))


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize(
    "levels", [np.array([0, 51, 255], np.uint8), np.array([0, 13107, 65535], np.uint16), np.array([0, 0.2, 1], "f4")]
)
def test_a_tiff_whose_zero_is_white_is_turned_round_whatever_its_type(levels, compression):
    if levels.dtype == np.uint8:
        stored = encode(Image.fromarray(levels[None]), "TIFF", compression=compression)
        expected = gray(with_tag(stored, 262, 0))
    else:
        expected = gray(tiff(levels, 0, compression=compression))
    assert expected == [255, 204, 0]
    assert gray(tiff(levels, 1, compression=compression)) == [0, 51, 255]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 127, 255]),
        ([-0.02, 0.5, 1.02], [0, 127, 255]),
        ([np.nan, 0.5, 1.0001], [0, 127, 255]),
        ([np.inf, -np.inf, 0.5], [255, 0, 127]),
        ([0.0, 0.1, 0.2], [0, 25, 51]),
    ],
)
def test_floating_point_levels_go_from_0_to_1_and_what_resizing_adds_is_cut_off(levels, expected):
    assert gray(tiff(np.array(levels, np.float32))) == expected


@pytest.mark.parametrize("levels", [[0.0, 100.0, 255.0], [-1.0, 0.0, 1.0], [0.0, 1e6, 1e9]])
def test_floating_point_levels_outside_0_to_1_are_refused_with_their_range(levels):
    with pytest.raises(ImageError, match=r"floating-point levels from .*, whose black and white stand nowhere; save"):
        open_image(tiff(np.array(levels, np.float32)))


def test_32_bit_whole_numbers_are_scaled_by_their_type_and_never_wrap():
    stored = tiff(np.array([0, 1 << 30, -(1 << 31), -1], np.int32))
    assert gray(with_tag(stored, 339, 1)) == [0, 64, 128, 255]


def test_signed_whole_numbers_are_refused():
    with pytest.raises(ImageError, match="signed whole numbers, whose black and white stand nowhere"):
        open_image(tiff(np.array([-5, 0, 5], np.int32)))


def test_32_bit_gray_without_a_type_is_read_as_16_bit_and_clipped():
    levels = np.array([[-5, 0, 65535, 10**6]], np.int32)
    assert np.asarray(to_rgb(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_12_bits_in_16_are_kept_and_said(form):
    picture = decode_image(encode(Image.fromarray(np.array([[0, 2000, 4095]], np.uint16)), form))
    assert np.asarray(to_rgb(picture))[0, :, 0].tolist() == [0, 7, 15]
    assert note_of(picture).startswith("its levels use 1/16 of their range")
    whole = decode_image(encode(Image.fromarray(np.array([[0, 2000, 65535]], np.uint16)), form))
    assert note_of(whole) == ""


def bands(count, bits=8, sample_format=1):
    """A TIFF of one pixel with the given bands."""
    tags = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200),
            (277, 3, 1, count), (278, 3, 1, 1), (279, 4, 1, count * bits // 8), (339, 3, 1, sample_format)]  # fmt: skip
    listed = b"".join(struct.pack("<HHLL", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<LH", 8, len(tags)) + listed + bytes(4)
    return BytesIO(head.ljust(200, b"\0") + bytes(count * bits // 8))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (bands(5), "a TIFF of 5 bands, and which are red, green and blue stands nowhere"),
        (bands(12, 16), "a TIFF of 12 bands"),
        (bands(1, 64, 3), "a TIFF that cannot be read (1 bands of 64 bits, floating-point)"),
    ],
)
def test_a_tiff_of_an_odd_kind_is_named_in_words(stream, reason):
    with pytest.raises(ImageError) as caught:
        open_image(stream)
    assert str(caught.value).startswith(reason)
    assert translate(str(caught.value), load_texts("fr")) != str(caught.value)
