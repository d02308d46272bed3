"""What a file is, by its first bytes: the extension of a picture, or why it is none that can be read and what to do."""

import re
import struct
from collections.abc import Iterator
from functools import cache
from typing import IO

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from vitrine.data.images.other_files import START_BYTES, VIDEO, explain_start, explain_text

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
_SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"II*\0", ".tiff"),
    (b"MM\0*", ".tiff"), (b"II+\0", ".tiff"), (b"MM\0+", ".tiff"), (b"P5", ".pgm"), (b"P6", ".ppm"),
    (b"\xff\x0a", ".jxl"), (b"\0\0\0\x0cJXL ", ".jxl"), (b"\0\0\0\x0cjP  ", ".jp2"),
)  # fmt: skip

JPEG_LS = "JPEG-LS, which cannot be read; save it as PNG first"
LOSSLESS_JPEG = "lossless JPEG, which cannot be read; save it as PNG first"
JPEG_BITS = "a JPEG with {number} bits for each colour; save it with 8 bits, or as PNG"
TIFF_BANDS = (
    "a TIFF of {number} bands, and which are red, green and blue stands nowhere; save three of them, or one, as 8 bits"
)
TIFF_KIND = "a TIFF that cannot be read ({number} bands of {limit} bits, {kind}); save it as TIFF or PNG of 8 bits"
MOST_ZEROS = 1 << 20  # some files begin with a block of zeros
UNKNOWN = "not a picture that can be read; save it as PNG or JPEG, or leave it out"

SOF_LS = 0xF7
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), SOF_LS)
_SUB_IFDS, _NEW_SUBFILE_TYPE, _PHOTOMETRIC, _DNG_VERSION = 330, 254, 262, 50706
_SENSOR_COLORS = (32803, 34892)  # photometric interpretations: color filter array, linear raw
_MOST_IFDS = 32


def find_extension(start: bytes) -> str:
    """The extension of a picture's format, with its dot, by its first 12 bytes; "" where they are of none."""
    for signature, extension in _SIGNATURES:
        if start.startswith(signature):
            return extension
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return ".webp"
    if is_heif(start):
        return ".heic"
    return ".avif" if start[4:8] == b"ftyp" and start[8:12] in AVIF_BRANDS else ""


def is_heif(start: bytes) -> bool:
    """Whether a file's first 12 bytes are those of a HEIF picture, as iPhones take them (ISO/IEC 23008-12)."""
    return start[4:8] == b"ftyp" and start[8:12] in HEIF_BRANDS


@cache
def register_heif() -> None:
    """Teaches Pillow to read HEIF; on the first such file only, since the import takes time."""
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def explain(file: IO[bytes], is_unidentified: bool = True) -> str:
    """Why a file cannot be read as a picture, and what to do, as far as its bytes tell.

    Args:
        file: at any position; is read from its beginning.
        is_unidentified: whether Pillow has no reader for it; else its kind is one that can be read.
    """
    file.seek(0)
    start = file.read(START_BYTES)
    if not start:
        return "the file is empty"
    if not start.strip(b"\0") and not file.read(MOST_ZEROS).strip(b"\0"):
        return "nothing but zeros, as an interrupted copy leaves them; get it again"
    if reason := explain_start(start):
        return reason
    if start[4:8] == b"ftyp" and not find_extension(start):
        return VIDEO
    if find_extension(start) == ".tiff":
        return (is_unidentified and _explain_tiff(file)) or UNKNOWN
    if start.startswith(b"\xff\xd8"):
        return _explain_jpeg(file) or UNKNOWN
    if find_extension(start) or re.match(rb"P[1-7]\s", start):  # some pictures begin with letters
        return UNKNOWN
    return explain_text(start) or UNKNOWN


def _explain_tiff(file: IO[bytes]) -> str:
    """Which kind of TIFF it is, where Pillow reads none of that kind; "" of a damaged one."""
    file.seek(0)
    header = file.read(16)
    try:
        directory = ImageFileDirectory_v2(header if header[2] in (43, 0) and 43 in header[2:4] else header[:8])
        file.seek(directory.next)
        directory.load(file)
        bands, signs = int(directory.get(277, 1)), directory.get(339, (1,))
        bits = int(max(directory.get(258, (1,))))
    except (OSError, ValueError, TypeError, SyntaxError, struct.error):
        return ""
    if 256 not in directory or 257 not in directory:
        return ""
    if bands > 4:
        return TIFF_BANDS.format(number=bands)
    kind = {2: "signed", 3: "floating-point"}.get(int(signs[0]), "unsigned")
    return TIFF_KIND.format(number=bands, limit=bits, kind=kind)


def _explain_jpeg(file: IO[bytes]) -> str:
    """Which kind of JPEG it is, where Pillow reads none of that kind; "" of the usual ones."""
    for marker, content in _jpeg_segments(file):
        if marker == SOF_LS:
            return JPEG_LS
        if marker in _LOSSLESS:
            return LOSSLESS_JPEG
        if marker in _FRAMES:
            return JPEG_BITS.format(number=content[0]) if content and content[0] != 8 else ""
    return ""


def _jpeg_segments(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Markers up to the first scan, each with the first byte of its content."""
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
        if head[1] == 0xFF:  # filling
            file.seek(-3, 1)
            continue
        length = int.from_bytes(head[2:])
        content = file.read(1)
        yield head[1], content
        file.seek(max(length, 3) - 3, 1)


def is_raw(image: Image.Image) -> bool:
    """Whether an opened TIFF is a camera's raw file (DNG, NEF, CR2, ARW, ...), whose first picture is a preview."""
    if not isinstance(image, TiffImageFile) or image.fp is None:
        return False
    position = image.fp.tell()
    image.fp.seek(0)
    header = image.fp.read(16)
    try:
        first = image.tag_v2
        if header[8:10] == b"CR" or header[8:12] == b"IIII" or _DNG_VERSION in first:
            return True
        if int(first.get(_NEW_SUBFILE_TYPE, 0)) & 1 and _SUB_IFDS in first:
            return True
        return any(ifd.get(_PHOTOMETRIC) in _SENSOR_COLORS for ifd in _directories(image, image.fp, header[:8]))
    finally:
        image.fp.seek(position)


def _directories(image: TiffImageFile, file: IO[bytes], header: bytes) -> Iterator[ImageFileDirectory_v2]:
    """The first directory of a TIFF, and those that hang on it; damaged ones are passed over."""
    yield image.tag_v2
    below = image.tag_v2.get(_SUB_IFDS, ())
    for offset in (below if isinstance(below, tuple) else (below,))[:_MOST_IFDS]:
        directory = ImageFileDirectory_v2(header)
        try:
            file.seek(int(offset))
            directory.load(file)
            yield directory
        except (OSError, ValueError, TypeError, SyntaxError, struct.error):
            continue
