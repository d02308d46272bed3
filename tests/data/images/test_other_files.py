"""Files that people drop and that are no pictures: what each is, by its first bytes, with what to do."""

import gzip
import zipfile
from io import BytesIO

import pytest

from tests.data.images.test_decoding import NOISE, encode
from vitrine.data.images import other_files
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

PNG, JPEG = encode(NOISE, "PNG").getvalue(), encode(NOISE, "JPEG").getvalue()


def packed(first, content):
    """A zip whose first member has this name."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(first, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (packed("mimetype", "application/x-krita"), "a file of a drawing program"),
        (packed("mimetype", "image/openraster"), "a file of a drawing program"),
        (packed("[Content_Types].xml", "<Types/>"), "a document"),
        (packed("mimetype", "application/vnd.oasis.opendocument.text"), "a document"),
        (packed("cat.jpg", JPEG), "an archive"),
        (gzip.compress(JPEG), "an archive"),
        (gzip.compress(b"<?xml version='1.0'?><svg xmlns=''>"), "a drawing (SVG)"),
        (b"%!PS-Adobe-3.0\n%%Pages: 1\n", "a drawing (PostScript)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "a document or an index of thumbnails"),
        (b"{\\rtf1\\ansi", "a document"),
        (b"BPG\xfb" + bytes(50), "a picture of a rare kind"),
        (b"II\xbc\1" + bytes(50), "a picture of a rare kind"),
        (b"SIMPLE  =                    T" + b" " * 2000, "numbers of an instrument"),
        (b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel", "a video"),
        (b"\0\0\x0f\xffmoov\0\0\0lmvhd", "a video"),
        (b"\0\0\0\x08wide\0\0\xff\xffmdat", "a video"),
        ((b"G" + bytes(187)) * 8, "a video"),
        ((bytes(4) + b"G" + bytes(187)) * 8, "a video"),
        (b"ID3\3\0\0\0", "a sound"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a sound"),
        (b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(56), "a shortcut"),
        (b"[InternetShortcut]\r\nURL=https://example.org\r\n", "a shortcut"),
        (b"book\0\0\0\0mark\0\0\0\0" + bytes(200), "a shortcut"),
        (b'<?xml version="1.0"?><plist version="1.0"><dict><key>URL</key>', "a shortcut"),
        (b"bplist00\xd2" + bytes(30), "a shortcut or a placeholder"),
        (b"\0\0\0\1Bud1" + bytes(50), "a Mac's file"),
        (b"MZ\x90\0" + bytes(100), "a program"),
        (JPEG.decode("utf-8", "replace").encode(), "a picture that a program treated as text"),
        (PNG.decode("utf-8", "replace").encode(), "a picture that a program treated as text"),
        (JPEG.decode("latin-1").encode(), "a picture that a program treated as text"),
        (PNG.decode("latin-1").encode(), "a picture that a program treated as text"),
        (PNG.replace(b"\r\n", b"\n"), "a picture that a program treated as text"),
        (b"\xef\xbb\xbf" + JPEG, "a picture that a program treated as text"),
        (b"iVBORw0KGgoAAAANSUhEUgAA", "a picture as Base64 text"),
        (b"data:image/jpeg;base64,/9j/4AAQ", "a picture as Base64 text"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG, "an answer of a server"),
        (b"------WebKitFormBoundaryx\r\nContent-Disposition: form-data\r\n\r\n" + JPEG, "an answer of a server"),
        ("un été".encode("cp1252"), "a text"),
        ("你好".encode(), "a text"),
        (b"\xff" * 5000, "not a picture that can be read"),
        (bytes(512) + b"\0\x11\2\xff" * 50, "not a picture that can be read"),
        (bytes(30_000) + b"CD001", "not a picture that can be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # archives hold the time: each run would have new names
)
def test_a_file_that_is_no_picture_is_named_for_what_it_is(content, reason):
    with pytest.raises(ImageError) as caught:
        open_image(BytesIO(content))
    assert str(caught.value).startswith(reason)
    assert translate(str(caught.value), load_texts("fr")) != str(caught.value)


@pytest.mark.parametrize("length", [300, len(JPEG) // 2])
def test_a_download_that_did_not_end_is_said_to_be_cut_short(length):
    with pytest.raises(ImageError, match="the file is cut short"):
        open_image(BytesIO(JPEG[:length]))


def test_every_reason_says_what_to_do_and_has_a_translation():
    french = load_texts("fr")
    reasons = {reason for _, _, reason in other_files._REASONS} | {reason for _, reason in other_files._TEXTS}
    assert len(reasons) > 15
    for reason in reasons | {other_files._TEXT}:
        assert "; " in reason
        assert translate(reason, french) != reason
