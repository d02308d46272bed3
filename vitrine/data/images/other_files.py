"""What files that are no pictures begin with: what such a file is, and what a person can do about it."""

import re
import zlib
from typing import Final

START_BYTES: Final = 2048  # SVG and HTML have their first element after comments and a document type

RAW = "camera raw, which holds only a small preview; develop it first (save it as JPEG, PNG or TIFF)"
_JPEG_XL = "JPEG XL, which cannot be read; save it as PNG or JPEG first"
_RARE = "a picture of a rare kind (BPG, FLIF, JPEG XR, MNG), which cannot be read; save it as PNG or JPEG first"
_HIGH_RANGE = "a picture of high dynamic range (EXR, HDR); save it as PNG or JPEG first"
VIDEO = "a video; save its frames as pictures first"
_SOUND = "a sound, not a picture; leave it out"
_ARCHIVE = "an archive; unpack it first"
_PROJECT = "a file of a drawing program; save it as PNG or JPEG first"
_POSTSCRIPT = "a drawing (PostScript), not a picture made of pixels; save it as PNG first"
_PDF = "a PDF document; save its pages as pictures first"
_DOCUMENT = "a document or an index of thumbnails (Word, Excel, Thumbs.db), not a picture; leave it out"
_SCIENCE = "numbers of an instrument (DICOM, HDF5, NumPy and the like); save them as PNG first"
_POINTER = "a pointer of Git LFS or git-annex, not the picture; get the picture with 'git lfs pull' or 'git annex get'"
_SHORTCUT = "a shortcut or a placeholder (of Windows, a Mac, iCloud), not the picture; get the picture itself"
_MAC = "a Mac's file beside another one, without the picture; leave it out"
_PROGRAM = "a program, not a picture; leave it out"
_DATABASE = "a database, not a picture; leave it out"
_SPOILED = "a picture that a program treated as text, which spoils it; get it again, as a binary file"
_BASE64 = "a picture as Base64 text; decode it first"
# Bytes at a place, and what such a file is.
_REASONS = (
    (0, b"\xff\x0a", _JPEG_XL), (0, b"\0\0\0\x0cJXL ", _JPEG_XL),
    (0, b"IIRO", RAW), (0, b"IIRS", RAW), (0, b"MMOR", RAW), (0, b"IIU\0", RAW), (0, b"FUJIFILMCCD-RAW", RAW),
    (0, b"FOVb", RAW), (0, b"\0MRM", RAW), (6, b"HEAPCCDR", RAW), (4, b"ftypcrx ", RAW), (8, b"IIII", RAW),
    (0, b"BPG\xfb", _RARE), (0, b"FLIF", _RARE), (0, b"II\xbc", _RARE), (0, b"\x8aMNG", _RARE), (0, b"\x8bJNG", _RARE),
    (0, b"v/1\1", _HIGH_RANGE), (0, b"#?RADIANCE", _HIGH_RANGE), (0, b"#?RGBE", _HIGH_RANGE),
    (0, b"version https://git-lfs", _POINTER), (0, b"/annex/objects/", _POINTER),
    (0, b"%PDF", _PDF), (0, b"%!PS", _POSTSCRIPT), (0, b"\xc5\xd0\xd3\xc6", _POSTSCRIPT),
    (0, b"AT&TFORM", _PROJECT), (0, b"gimp xcf", _PROJECT), (0, b"8BPS\0\2", _PROJECT), (0, b"BLENDER", _PROJECT),
    (8, b"CDR", _PROJECT), (0, b"\6\6\xed\xf5", _PROJECT), (0, b"AC10", _PROJECT),
    (38, b"application/x-krita", _PROJECT), (38, b"image/openraster", _PROJECT),
    (30, b"[Content_Types].xml", _DOCUMENT), (38, b"application/", _DOCUMENT), (0, b"\xd0\xcf\x11\xe0", _DOCUMENT),
    (0, b"{\\rtf", _DOCUMENT), (0, b"SQLite format 3", _DATABASE),
    (0, b"PK\3\4", _ARCHIVE), (0, b"\x1f\x8b", _ARCHIVE), (0, b"7z\xbc\xaf", _ARCHIVE), (0, b"Rar!", _ARCHIVE),
    (0, b"BZh", _ARCHIVE), (0, b"\xfd7zXZ", _ARCHIVE), (257, b"ustar", _ARCHIVE), (0, b"(\xb5/\xfd", _ARCHIVE),
    (0, b"\4\"M\x18", _ARCHIVE), (0, b"MSCF", _ARCHIVE),
    (128, b"DICM", _SCIENCE), (0, b"\x89HDF", _SCIENCE), (0, b"\x93NUMPY", _SCIENCE), (344, b"n+1\0", _SCIENCE),
    (0, b"SIMPLE  =", _SCIENCE), (0, b"MATLAB 5.0", _SCIENCE), (0, b"ZISRAWFILE", _SCIENCE),
    (0, b"\xda\xce\xbe\x0a", _SCIENCE),
    (0, b"\x1aE\xdf\xa3", VIDEO), (8, b"AVI LIST", VIDEO), (0, b"\0\0\1\xba", VIDEO), (0, b"\0\0\1\xb3", VIDEO),
    (0, b"FLV\1", VIDEO), (0, b"0&\xb2u\x8ef\xcf\x11", VIDEO), (0, b"OggS", VIDEO), (4, b"moov", VIDEO),
    (4, b"mdat", VIDEO), (4, b"wide", VIDEO), (0, b"ID3", _SOUND), (8, b"WAVE", _SOUND),
    (0, b"L\0\0\0\1\x14\2\0", _SHORTCUT), (0, b"[InternetShortcut]", _SHORTCUT), (0, b"[Desktop Entry]", _SHORTCUT),
    (0, b"book\0\0\0\0mark", _SHORTCUT), (0, b"bplist0", _SHORTCUT),
    (0, b"\0\5\x16\7", _MAC), (4, b"Bud1", _MAC), (0, b"MZ", _PROGRAM), (0, b"\x7fELF", _PROGRAM),
    (0, b"\xef\xbf\xbd\xef\xbf\xbd", _SPOILED), (0, b"\xef\xbf\xbdPNG", _SPOILED), (0, b"\xc3\xbf\xc3\x98", _SPOILED),
    (0, b"\xc2\x89PNG", _SPOILED), (0, b"\x89PNG\n", _SPOILED), (0, b"\xef\xbb\xbf\xff\xd8", _SPOILED),
    (0, b"iVBORw0KGgo", _BASE64), (0, b"/9j/", _BASE64), (0, b"data:image/", _BASE64),
)  # fmt: skip
_SVG = "a drawing (SVG), not a picture made of pixels; save it as PNG first"
_WEB_PAGE = "a web page in place of the picture, as a failed download leaves it; get the picture again"
_XML_JSON = "an answer of a server or another text (XML, JSON), not a picture; get the picture again"
_TEXT = "a text, not a picture; get the picture again"
_TEXTS = (
    (rb"<svg[\s>]", _SVG),
    (rb"<!doctype html|<html|<head|<body", _WEB_PAGE),
    (rb"<plist", _SHORTCUT),
    (rb"\AHTTP/\d|\A--+WebKitForm|<\?xml|<error|\A\s*[\{\[]", _XML_JSON),
)
_TEXT_BEGINS = (b"<", b"{", b"[", b"-", b"H")
_PACKETS = (188, 192)  # bytes of an MPEG transport stream; each begins with "G", or has it after a time of 4 bytes


def explain_start(start: bytes) -> str:
    """What a file that is not a picture is, with what to do; "" where its first bytes do not tell.

    Args:
        start: the first 2048 bytes, or all there are.
    """
    if start.startswith(b"\x1f\x8b") and re.search(rb"<svg[\s>]", _unpack(start)):
        return _SVG
    for place, signature, reason in _REASONS:
        if start[place:].startswith(signature):
            return reason
    if any(start[size - 188 :: size][:4] == b"GGGG" for size in _PACKETS):
        return VIDEO
    return ""


def explain_text(start: bytes) -> str:
    """What a text is that stands in place of a picture; "" where it is not a text. Argument as for `explain_start`."""
    plain = start.removeprefix(b"\xef\xbb\xbf")
    if plain[:2] in (b"\xff\xfe", b"\xfe\xff"):
        plain = plain.replace(b"\0", b"")[2:]
    if plain.lstrip()[:1] in _TEXT_BEGINS:
        for pattern, reason in _TEXTS:
            if re.search(pattern, plain, re.IGNORECASE):
                return reason
    has_controls = re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", plain)
    return "" if has_controls or not _has_letters(plain) else _TEXT


def _has_letters(start: bytes) -> bool:
    """Whether bytes may be words: in UTF-8, cut anywhere, or in a code page, where lines and spaces are in ASCII."""
    try:
        start[:-3].decode("utf-8")
    except UnicodeDecodeError:
        return bool(re.search(rb"\s", start))
    return True


def _unpack(start: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(start, START_BYTES)  # 31: with the header of gzip
    except zlib.error:
        return b""
