"""Pictures whose pixels are sound while something beside them is not."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from tests.conftest import STORED_FOR, draw_scene
from tests.data.images.test_decoding import encode
from vitrine.data.images import repair as repairing
from vitrine.data.images.decoding import ImageError, decode_image, note_of, open_image
from vitrine.data.images.repair import JPEG_NOTE, PNG_NOTE, read_repairable, repair
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

MUCH = "x" * 1_200_000


def png_with(kind):
    """A PNG that is turned by its EXIF data and holds more beside its pixels than Pillow takes."""
    turned = draw_scene().transpose(STORED_FOR[6])
    exif = Image.Exif()
    exif[0x0112] = 6
    extras = PngImagePlugin.PngInfo()
    if kind == "profile":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        return encode(turned, "PNG", exif=exif, icc_profile=profile + MUCH.encode())
    if kind == "itxt":
        extras.add_itxt("XML:com.adobe.xmp", MUCH, zip=True)
    else:
        extras.add_text("workflow", MUCH * (60 if kind == "huge" else 1), zip=kind == "ztxt")
    return encode(turned, "PNG", exif=exif, pnginfo=extras)


@pytest.mark.parametrize("kind", ["profile", "itxt", "ztxt", "huge"])
def test_much_text_in_a_png_costs_neither_pixels_nor_orientation(kind):
    picture = decode_image(png_with(kind))
    assert np.array_equal(picture, draw_scene())
    assert note_of(picture) == PNG_NOTE


@pytest.mark.parametrize("start", [b"", b"RIFF", b"\x00\x00\x00\x18ftypqt  "])
def test_of_what_is_neither_png_nor_jpeg_only_the_first_bytes_are_read(start):
    film = BytesIO(start + bytes(100_000))
    assert read_repairable(film) is None
    assert film.tell() <= 8


def test_a_file_larger_than_any_picture_is_not_read_whole(monkeypatch):
    content = encode(draw_scene(), "JPEG").getvalue()
    assert read_repairable(BytesIO(content)) == content
    monkeypatch.setattr(repairing, "MOST_BYTES", 100)
    assert read_repairable(BytesIO(content)) is None


def chunk(kind, data, crc=None):
    checked = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", checked)


@pytest.mark.parametrize(
    "extra", [chunk(b"tEXt", b"a\0b", crc=1), chunk(b"pHYs", b"ab"), chunk(b"sRGB", b""), chunk(b"gAMA", b"abc")]
)
def test_a_damaged_chunk_beside_the_pixels_of_a_png_is_ignored_with_a_note(extra):
    content = encode(draw_scene(), "PNG").getvalue()
    picture = decode_image(BytesIO(content[:33] + extra + content[33:]))
    assert np.array_equal(picture, draw_scene())
    assert note_of(picture) == PNG_NOTE


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_exif_data_that_cannot_be_read_are_ignored_with_a_note(form):
    picture = decode_image(encode(draw_scene(), form, exif=b"garbage"))
    assert picture.size == (60, 40)
    assert "its orientation cannot be read" in note_of(picture)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_without_its_end_marker_is_used_with_a_note(progressive, missing):
    whole = encode(draw_scene(), "JPEG", progressive=progressive).getvalue()
    picture = decode_image(BytesIO(whole[:-missing]))
    assert np.array_equal(picture, open_image(BytesIO(whole)))
    assert note_of(picture) == JPEG_NOTE


@pytest.mark.parametrize("missing", [8, 20, 300])
def test_a_jpeg_that_lacks_rows_is_cut_short(missing):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    with pytest.raises(ImageError, match="the file is cut short"):
        open_image(BytesIO(encode(noise, "JPEG").getvalue()[:-missing]))


def test_sound_and_other_files_are_left_alone():
    assert repair(encode(draw_scene(), "PNG").getvalue()) is None
    assert repair(b"hello") is None
    assert note_of(decode_image(encode(draw_scene(), "PNG"))) == ""


def test_notes_have_translations():
    french = load_texts("fr")
    for note in (PNG_NOTE, JPEG_NOTE, "its orientation cannot be read (odd EXIF data) and was ignored"):
        assert translate(note, french) != note
