"""Pictures whose pixels are sound while something beside them is not: what is taken away, or added, to read them."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import IO

from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
MOST_BYTES = 512 << 20  # of a file that is read whole to be repaired; pictures of 150 megapixels are smaller
EXTRAS_NOTE = "text, profile or other data beside the pixels is too large or damaged and was ignored"
JPEG_NOTE = "the end of the file is missing, but all rows are there"
# Whatever is not needed for colours, transparency or the orientation is left away from a PNG that is odd.
_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_EXTRAS = (b"eXIf", b"iCCP", b"iTXt", b"zTXt", b"tEXt")
# Markers of JPEG, and what is kept of the data of programs.
_SCAN, _COMMENT, _ADOBE, _APPLICATION = 0xDA, 0xFE, 0xEE, range(0xE0, 0xF0)
_JPEG_EXTRAS = (b"Exif\0\0", b"ICC_PROFILE\0")
_ADOBE_BYTES = 12  # of a whole segment of Adobe, which says how colours are stored
_MOST_EXTRA_BYTES = 1 << 20  # Pillow's own limit, which it takes for damage of the whole file
# Two of them can stand for the same coefficients by chance.
_FILLERS = (b"\0" * 4096, b"\x5a\xa5" * 2048, b"\xf0\x0f" * 2048, b"\x33\x77\x11" * 1366)


def read_repairable(file: IO[bytes]) -> bytes | None:
    """The content of a file that `repair` may help; of a video or archive only the first bytes are read, for None."""
    file.seek(0)
    start = file.read(len(PNG_SIGNATURE))
    if not start.startswith((PNG_SIGNATURE, JPEG_SIGNATURE)):
        return None
    rest = file.read(MOST_BYTES)
    return start + rest if len(rest) < MOST_BYTES else None


def repair(content: bytes) -> tuple[bytes, str] | None:
    """A file that gives the same pixels without what stands in their way, and what was ignored.

    Args:
        content: of a file that could not be decoded.

    Returns:
        The new content and a note for people, or None where the pixels themselves are damaged.
    """
    if content.startswith(PNG_SIGNATURE):
        kept = b"".join(_sound_png_chunks(content))
        return None if len(kept) + len(PNG_SIGNATURE) == len(content) else (PNG_SIGNATURE + kept, EXTRAS_NOTE)
    if content.startswith(JPEG_SIGNATURE):
        ended = _end_jpeg(content)
        if ended:
            return ended, JPEG_NOTE
        plain = JPEG_SIGNATURE + b"".join(_needed_jpeg_segments(content))
        return None if plain == content else (plain, EXTRAS_NOTE)
    return None


def _sound_png_chunks(content: bytes) -> Iterator[bytes]:
    place = len(PNG_SIGNATURE)
    while place + 8 <= len(content):
        (length,) = struct.unpack_from(">L", content, place)
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if kind in _PNG_PIXELS or (kind in _PNG_EXTRAS and _is_sound(content[place:end], length)):
            yield content[place:end]
        place = end


def _is_sound(chunk: bytes, length: int) -> bool:
    if len(chunk) != length + 12 or length > _MOST_EXTRA_BYTES:
        return False
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        return False
    packed = chunk[8:-4].find(b"\x78")  # where a zlib stream may begin
    while chunk[4:8] != b"tEXt" and packed >= 0:
        try:
            return (
                len(zlib.decompressobj().decompress(chunk[8 + packed : -4], _MOST_EXTRA_BYTES + 1)) < _MOST_EXTRA_BYTES
            )
        except zlib.error:
            packed = chunk[8:-4].find(b"\x78", packed + 1)
    return True


def _needed_jpeg_segments(content: bytes) -> Iterator[bytes]:
    """What gives the pixels, their colours and their orientation: no list of further pictures, text or thumbnails."""
    place = len(JPEG_SIGNATURE)
    while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] not in (b"", bytes([_SCAN])):
        marker, end = content[place + 1], place + 2 + int.from_bytes(content[place + 2 : place + 4])
        body = content[place + 4 : end]
        is_extra = marker in _APPLICATION or marker == _COMMENT
        if not is_extra or body.startswith(_JPEG_EXTRAS) or (marker == _ADOBE and len(body) >= _ADOBE_BYTES):
            yield content[place:end]
        place = end
    yield content[place:]


def _end_jpeg(content: bytes) -> bytes | None:
    """The file with its end marker, if no row is missing: then what follows the last row changes no pixel."""
    whole = content.rstrip(b"\xff")
    try:
        seen = {_pixels(whole + filler + b"\xff\xd9") for filler in _FILLERS}
    except (OSError, ValueError, SyntaxError):
        return None
    return whole + b"\xff\xd9" if len(seen) == 1 else None


def _pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return image.tobytes()
