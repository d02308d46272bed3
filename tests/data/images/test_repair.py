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
from vitrine.data.images.repair import EXTRAS_NOTE, JPEG_NOTE, read_repairable, repair
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
    assert note_of(picture) == EXTRAS_NOTE


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


def test_a_jpeg_cut_at_any_byte_of_its_head_is_refused_in_words():
    content = encode(draw_scene(), "JPEG").getvalue()
    for length in range(content.index(b"\xff\xda") + 4):
        with pytest.raises(ImageError):
            decode_image(BytesIO(content[:length]))


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
    assert note_of(picture) == EXTRAS_NOTE


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
    for note in (EXTRAS_NOTE, JPEG_NOTE, "its orientation cannot be read (odd EXIF data) and was ignored"):
        assert translate(note, french) != note


def application(number, body):
    """A segment of a JPEG that a program wrote."""
    return bytes((0xFF, 0xE0 + number)) + struct.pack(">H", len(body) + 2) + body


def picture_list(said, held):
    """The list of a file of several pictures (MPF), as Ultra HDR has it, which says another number than it holds."""
    entries = struct.pack(">LLLHH", 0x30000, 0, 0, 0, 0) * held
    fields = struct.pack(">HHL4sHHLLHHLL", 0xB000, 7, 4, b"0100", 0xB001, 4, 1, said, 0xB002, 7, len(entries), 50)
    return application(2, b"MPF\0MM\0*" + struct.pack(">LH", 8, 3) + fields + bytes(4) + entries)


@pytest.mark.parametrize(
    "segment", [picture_list(3, 2), application(0, b"JFIF\0\1"), application(14, b"Adobe\0"), application(14, b"Adobe")]
)
def test_a_damaged_segment_beside_the_pixels_of_a_jpeg_is_ignored_with_a_note(segment):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode(draw_scene().transpose(STORED_FOR[6]), "JPEG", exif=exif).getvalue()
    picture = decode_image(BytesIO(content[:2] + segment + content[2:]))
    assert np.array_equal(picture, decode_image(BytesIO(content)))
    assert note_of(picture) == EXTRAS_NOTE


@pytest.mark.parametrize(
    "after",
    [encode(Image.new("L", (15, 10), 128), "JPEG").getvalue(), b"\0\0\0\x18ftypmp42" + bytes(999), bytes(500)],
    ids=["gain map", "motion photo", "zeros"],
)
@pytest.mark.parametrize("segment", [b"", application(2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4))])
def test_of_a_jpeg_with_more_behind_it_the_main_picture_is_read_without_a_note(segment, after):
    content = encode(draw_scene(), "JPEG").getvalue()
    picture = decode_image(BytesIO(content[:2] + segment + content[2:] + after))
    assert np.array_equal(picture, decode_image(BytesIO(content)))
    assert note_of(picture) == ""
