"""Pictures that are kept with consent: their pixels, without what cameras and phones write beside them.

A JPEG keeps its compressed pixels exactly, with its colour profile and which way is up, and loses the rest: place,
time, owner, thumbnail, second pictures. All other formats become an upright PNG.
"""

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image

from vitrine.data.images.decoding import ImageError, Rendering, open_image
from vitrine.records.atomic import write_bytes

PICTURES = "pictures"
SHA256 = re.compile("[0-9a-f]{64}")
PLACE = re.compile(rf"{PICTURES}/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.(?:jpg|png)")  # below the folder of the store
START, SCAN, END = 0xD8, 0xDA, 0xD9  # second bytes of JPEG's markers
FIRST_APP, PROFILE_APP, ADOBE_APP, LAST_APP, COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
IN_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # what ends compressed pixels
PROFILE = b"ICC_PROFILE\0"
JFIF, JFIF_BYTES = b"JFIF\0", 14  # longer ones hold a thumbnail


def keep_picture(folder: Path, sha256: str, content: bytes) -> str:
    """Writes a picture under the hash of the file that it came in, whole or not at all.

    Args:
        folder: of the store.
        sha256: of the content, in hexadecimal.
        content: of the file.

    Returns:
        Where it lies, below the folder; with "/" between the parts.

    Raises:
        ValueError: that is not a hash.
        ImageError: it is not a picture.
        OSError: it cannot be written.
    """
    if not SHA256.fullmatch(sha256):  # it becomes a path
        raise ValueError(f"not a SHA-256: {sha256!r}")
    plain = plain_jpeg(content)
    suffix, kept = (".jpg", plain) if plain is not None else (".png", _as_png(content))
    place = f"{PICTURES}/{sha256[:2]}/{sha256}{suffix}"
    path = folder / place
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, kept)
    return place


def _as_png(content: bytes) -> bytes:
    stream = io.BytesIO()
    image = open_image(io.BytesIO(content), rendering=Rendering(color_profiles="apply"))  # no profile is kept in it
    image.info.clear()
    image.save(stream, "PNG")
    return stream.getvalue()


def plain_jpeg(content: bytes) -> bytes | None:
    """A JPEG without its metadata; None where it is no JPEG, or one that cannot be taken apart and shown again."""
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    try:
        with Image.open(io.BytesIO(content)) as image:
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        plain = b"\xff\xd8" + _orientation(orientation) + b"".join(_segments(content))
        same = open_image(io.BytesIO(plain)).tobytes() == open_image(io.BytesIO(content)).tobytes()
    except (ImageError, OSError, ValueError, IndexError, struct.error, SyntaxError):
        return None
    return plain if same else None


def _orientation(orientation: object) -> bytes:
    """The one fact of EXIF that the pixels need, as a segment; nothing where it is the usual one."""
    if orientation not in range(2, 9):
        return b""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    block = exif.tobytes()
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block


def _segments(content: bytes) -> Iterator[bytes]:
    """The segments of a JPEG that its pixels need, up to the end of the first picture."""
    place = 2
    while True:
        if content[place] != 0xFF:
            raise ValueError("no marker where one must be")
        marker = content[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == END:
            yield b"\xff\xd9"
            return
        (length,) = (0,) if marker in WITHOUT_LENGTH else struct.unpack_from(">H", content, place + 2)
        after = place + 2 + length
        if marker == SCAN:
            found = IN_SCAN.search(content, after)
            if found is None:
                raise ValueError("no end")
            after = found.end() - 2
        if _is_needed(marker, content[place + 4 : after]):
            yield content[place:after]
        place = after


def _is_needed(marker: int, body: bytes) -> bool:
    if marker == FIRST_APP:
        return body.startswith(JFIF) and len(body) == JFIF_BYTES
    if marker == PROFILE_APP:
        return body.startswith(PROFILE)
    return marker == ADOBE_APP or not (FIRST_APP < marker <= LAST_APP or marker == COMMENT)
