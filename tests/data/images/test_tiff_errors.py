"""What the C library of TIFF finds wrong is noted at the picture, and not written on the terminal."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.data.images.test_decoding import encode
from vitrine.data.images.decoding import ImageError, decode_image, note_of
from vitrine.data.images.tiff_errors import hear_tiff_errors
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))


def tiff(compression, mode="RGB", flipped=range(0)):
    """A TIFF with some bytes of its pixels changed."""
    content = bytearray(encode(NOISE.convert(mode), "TIFF", compression=compression).getvalue())
    for place in flipped:
        content[place] ^= 0x5A
    return BytesIO(content)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_damaged_pixels_are_refused_and_nothing_is_written_on_the_terminal(compression, capfd):
    with pytest.raises(ImageError, match=r"its pixels are damaged .* get it again") as caught:
        decode_image(tiff(compression, flipped=range(200, 260)))
    assert translate(str(caught.value), load_texts("fr")).startswith("ses pixels sont")
    assert capfd.readouterr() == ("", "")


def test_rows_that_the_library_filled_in_are_noted(capfd):
    image = decode_image(tiff("group4", "1", range(40, 90)))
    assert note_of(image).startswith("parts of it may be damaged (libtiff says ")
    assert "Fax4Decode: Bad code word at line" in note_of(image)
    assert translate(note_of(image), load_texts("fr")).startswith("des parties")
    assert capfd.readouterr() == ("", "")


def test_sound_pictures_have_no_note():
    assert [note_of(decode_image(tiff(way))) for way in ("tiff_lzw", "jpeg", "packbits")] == [""] * 3


def test_each_thread_hears_of_its_own_pictures():
    damaged, sound = tiff("group4", "1", range(40, 90)).getvalue(), tiff("group4", "1").getvalue()
    with ThreadPoolExecutor(4) as threads:
        notes = list(threads.map(lambda content: note_of(decode_image(BytesIO(content))), [damaged, sound] * 20))
    assert all(notes[::2])
    assert not any(notes[1::2])


def test_what_is_heard_ends_with_its_block():
    with hear_tiff_errors() as outer:
        with hear_tiff_errors() as inner, pytest.raises(ImageError):
            decode_image(tiff("tiff_lzw", flipped=range(200, 260)))
        assert (outer, inner) == ([], [])  # `decode_image` hears for itself
