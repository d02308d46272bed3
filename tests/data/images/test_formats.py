"""What a file is by its first bytes, and HEIC."""

import base64
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from tests.data.images.test_decoding import corners, encode
from vitrine.data.images import formats
from vitrine.data.images.decoding import ImageError, decode_image, open_image
from vitrine.data.images.formats import explain, find_extension
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

# 64 x 48 pixels: red, green, blue and white quarters, stored lying, with a rotation of 90 degrees (irot). No encoder
# is at hand where tests run.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAEYAAgAAAAACMgABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZE"
    "AcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAQAAAAAH////wAAAAAgAAAAAA"
    "AAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAA"
    "AHJtZGF0AAAAQigBrxOA5Ta3/qaV/JuX9ZPjGdl9tifRdZZDHfi+qnbqpWneXtjzP/SpF2ffjfgIH/5T2pLfseMaOzhUpHg9Nj+u4AAAAAZF"
    "eGlmAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA=="
)


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"msf1"])
def test_heic_is_read_upright_whatever_its_brand(brand, tmp_path):
    (tmp_path / "IMG_1.HEIC").write_bytes(HEIC[:8] + brand + HEIC[12:])
    picture = open_image(tmp_path / "IMG_1.HEIC")
    assert picture.size == (64, 48)
    expected = np.array([(200, 40, 40), (40, 160, 60), (40, 60, 200)])
    assert np.abs(np.array(corners(picture)) - expected).max() <= 10
    assert decode_image(BytesIO(HEIC)).format == "HEIF"


@pytest.mark.parametrize("length", [12, 100, len(HEIC) - 60])
def test_damaged_heic_is_named_as_such(length):
    with pytest.raises(ImageError, match="header is damaged or cut short"):
        open_image(BytesIO(HEIC[:length]))


def test_the_main_picture_of_a_file_of_several_is_used():
    main, gain_map = Image.new("RGB", (60, 40), "red"), Image.new("RGB", (15, 10), "gray")
    stream = encode(main, "MPO", save_all=True, append_images=[gain_map])
    picture = open_image(stream)
    assert picture.size == (60, 40)
    assert picture.getpixel((5, 5))[0] > 240


def jpeg_frame(marker, bits):
    """A JPEG of the given kind as far as its frame header."""
    frame = struct.pack(">BHHB", bits, 40, 60, 1) + bytes((1, 0x11, 0))
    return b"\xff\xd8\xff\xe0\0\4ab\xff\xff" + bytes((marker,)) + struct.pack(">H", len(frame) + 2) + frame


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (bytes(5000), "nothing but zeros"),
        (b"hello, \xc3\xa9t\xc3\xa9", "a text, not a picture"),
        (b"\n<!DOCTYPE HTML><html>404", "a web page in place of the picture"),
        (b"\xef\xbb\xbf<html lang=en>", "a web page in place of the picture"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied', "an answer of a server"),
        (b'{"message": "Not found"}', "an answer of a server"),
        (b'<?xml version="1.0"?><!-- made by hand --><svg xmlns="', "a drawing (SVG)"),
        ("<svg>".encode("utf-16"), "a drawing (SVG)"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS"),
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (jpeg_frame(0xF7, 8), "JPEG-LS"),
        (jpeg_frame(0xC3, 16), "lossless JPEG"),
        (jpeg_frame(0xC1, 12), "a JPEG with 12 bits for each colour"),
        (b"FUJIFILMCCD-RAW 0201", "camera raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "camera raw"),
        (b"\0\0\0\x18ftypqt  \0\0\0\1", "a video"),
        (b"PK\3\4\x14\0", "an archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (bytes(128) + b"DICM", "numbers of an instrument"),
        (b"P3 rest", "damaged"),
        (b"\1\2\3\4 nobody knows", "not a picture that can be read"),
    ],
)
def test_a_file_that_is_no_picture_is_named_for_what_it_is(content, reason):
    with pytest.raises(ImageError) as caught:
        open_image(BytesIO(content))
    assert str(caught.value).startswith(reason)


def tiff_tags(**tags):
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for number, value in tags.items():
        directory[int(number[1:])] = value
    return directory


def raw_file(kind):
    """A TIFF whose first picture is a preview, with the marks that cameras leave."""
    preview = Image.new("RGB", (16, 12), "red")
    if kind == "DNG":
        return encode(preview, "TIFF", tiffinfo=tiff_tags(_50706=b"\1\4\0\0"))
    if kind == "CR2":
        content = encode(preview, "TIFF").getvalue()
        first = struct.unpack("<L", content[4:8])[0]
        moved = content[:4] + struct.pack("<L", len(content)) + b"CR\2\0" + content[12:] + content[first:]
        return BytesIO(moved)
    tags = tiff_tags(_254=1 if kind == "reduced" else 0)
    content = encode(preview, "TIFF", tiffinfo=tags).getvalue()
    return BytesIO(with_sub_directory(content, photometric=32803))


def with_sub_directory(content, photometric):
    """The TIFF with a further picture below its first one."""
    first = struct.unpack("<L", content[4:8])[0]
    count = struct.unpack("<H", content[first : first + 2])[0]
    entries = content[first + 2 : first + 2 + 12 * count]
    below = struct.pack("<HHHLHHL", 1, 262, 3, 1, photometric, 0, 0)
    place = len(content)
    listed = [entries[12 * n : 12 * n + 12] for n in range(count)] + [struct.pack("<HHLL", 330, 4, 1, place)]
    listed.sort(key=lambda entry: struct.unpack("<H", entry[:2])[0])
    moved = struct.pack("<H", count + 1) + b"".join(listed) + bytes(4)
    return content[:4] + struct.pack("<L", place + len(below)) + content[8:] + below + moved


@pytest.mark.parametrize("kind", ["DNG", "CR2", "reduced", "sensor colors"])
def test_camera_raw_is_named_in_place_of_its_preview_being_used(kind):
    with pytest.raises(ImageError, match="camera raw, which holds only a small preview; develop it first"):
        open_image(raw_file(kind))


def test_a_tiff_of_several_sizes_is_no_camera_raw():
    content = encode(Image.new("RGB", (16, 12), "red"), "TIFF").getvalue()
    assert open_image(BytesIO(with_sub_directory(content, photometric=2))).size == (16, 12)


def test_every_reason_of_a_format_has_a_translation():
    french = load_texts("fr")
    more = (explain(BytesIO(content)) for content in (b"", bytes(9), b"text", jpeg_frame(0xF7, 8)))
    for reason in {*more, formats.LOSSLESS_JPEG, formats.JPEG_BITS.format(number=12)}:
        assert translate(reason, french) != reason, reason


def test_an_extension_is_found_by_content():
    forms = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "TIFF": ".tiff", "AVIF": ".avif"}
    for form, extension in forms.items():
        assert find_extension(encode(Image.new("RGB", (8, 8)), form).getvalue()[:12]) == extension
    assert find_extension(HEIC[:12]) == ".heic"
    assert find_extension(b"hello") == ""
