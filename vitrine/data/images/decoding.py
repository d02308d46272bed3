"""From a file to an upright picture in 8-bit RGB, or the reason why there is none."""

import errno
import io
from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vitrine.data.images.color_profiles import ColorProfiles, apply_profile
from vitrine.data.images.formats import UNKNOWN, explain, find_extension, is_heif, is_raw, register_heif
from vitrine.data.images.other_files import RAW
from vitrine.data.images.repair import read_repairable, repair
from vitrine.data.images.resizing import SIXTEEN_BIT_MODES, FillColor, UnknownLevelsError, convert_to_rgb, scale_levels
from vitrine.data.images.tiff_errors import hear_tiff_errors
from vitrine.errors import UserError

# Pillow itself refuses more than 178 megapixels; 150 take 450 MB of memory.
MAX_MEGAPIXELS = 150
# Larger ones are read at a half or a quarter of their size: no network sees the difference, and memory follows pixels.
LARGE_MEGAPIXELS = 32
MOST_TIMES_AS_LONG = 65_536  # no more than the longest line that JPEG can hold, one pixel high
# Formats whose files are programs or lists of drawing steps; Pillow would start Ghostscript for them.
DRAWINGS = ("EPS", "WMF", "EMF")
DARKEST_WHITE = 15  # of 255: what 12 bits leave of 16
NOTE, ORIGINAL_SIZE = "vitrine_note", "vitrine_size"  # keys in `Image.info`
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
# What a disk, its server or this process says of itself, in the midst of a picture too.
DISK_FAULTS = (
    errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.ENOTCONN, errno.ECONNRESET, errno.ECONNABORTED,
    errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
)  # fmt: skip
# Otherwise pictures beyond 16 MB, as phones take them, lie in several blocks, and each use of their pixels copies them.
Image.core.set_use_block_allocator(1)  # type: ignore[attr-defined]  # documented, but not declared
DAMAGED = "the beginning of a picture, but its header is damaged or cut short; get it again"


class ImageError(UserError):
    """A file that cannot be used as a picture; the message is the reason."""


class NotReadError(ImageError):
    """A file whose bytes cannot be had just now: the picture may be sound, and can be asked for another time."""


@dataclass(frozen=True)
class Rendering:
    """How the colours of a file become 8-bit RGB.

    Attributes:
        fill_color: colour behind transparent parts.
        color_profiles: whether the colours of an embedded profile are converted to sRGB.
    """

    fill_color: FillColor = "white"
    color_profiles: ColorProfiles = "ignore"


PLAIN = Rendering()


def open_image(
    source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS, rendering: Rendering = PLAIN
) -> Image.Image:
    """Decodes a picture fully: upright, 8-bit RGB, the first frame of an animation.

    Args:
        source: path or binary file.
        max_megapixels: largest size decoded, in millions of pixels (an RGB picture takes 3 bytes for each).
        rendering: of its colours.

    Raises:
        ImageError: the reason in words.
    """
    image = decode_image(source, max_megapixels)
    if rendering.color_profiles == "apply":
        image = apply_profile(image)
    return reduce_large(to_rgb(image, rendering.fill_color))


def reduce_large(image: Image.Image) -> Image.Image:
    """An RGB picture of more than 32 megapixels at a half or a quarter of its size; others as they are."""
    factor = _reduction(image.size)
    return image.reduce(factor) if factor > 1 else image


def decode_image(source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
    """Decodes a picture and turns it upright, but keeps its mode and format; see `open_image`.

    A JPEG of more than 32 megapixels is decoded at a half or a quarter of its size; `original_size` tells the whole.
    """
    try:
        with nullcontext(source) if not isinstance(source, Path | str) else Path(source).open("rb") as file:
            return _decode_file(file, max_megapixels)
    except FileNotFoundError:
        raise ImageError("the file is not there") from None
    except PermissionError:
        raise NotReadError("no permission to read the file") from None
    except IsADirectoryError:
        raise ImageError("a folder, not a file") from None
    except OSError as error:
        if error.errno in DISK_FAULTS:
            raise NotReadError(f"cannot be read ({error})") from None
        raise ImageError(f"cannot be decoded ({error})") from None


def _decode_file(file: IO[bytes], max_megapixels: int) -> Image.Image:
    try:
        return _decode(file, max_megapixels)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(f"more than 178 megapixels; the limit is {max_megapixels}") from None
    except MemoryError:
        raise ImageError("too large for the memory of this machine") from None
    except Exception as error:  # Pillow's decoders raise SyntaxError, ValueError, struct.error and more on damage
        if isinstance(error, OSError) and error.errno in DISK_FAULTS:
            raise
        image = _decode_repaired(file, max_megapixels)
        if image is None:
            raise ImageError(_say_why(file, error)) from None
        return image


def _decode_repaired(file: IO[bytes], max_megapixels: int) -> Image.Image | None:
    """The picture without what stood in its way, with a note of it; None where its pixels are damaged."""
    content = read_repairable(file)
    repaired = repair(content) if content else None
    if repaired is None:
        return None
    try:
        image = _decode(io.BytesIO(repaired[0]), max_megapixels)
    except ImageError:
        raise
    except Exception:  # then the first error is the one to tell
        return None
    _add_note(image, repaired[1])
    return image


def _decode(file: IO[bytes], max_megapixels: int) -> Image.Image:
    with _open(file) as image:
        if image.format in DRAWINGS:
            raise ImageError(f"a drawing ({image.format}), not a picture made of pixels; save it as PNG first")
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            raise ImageError(f"{ceil(megapixels)} megapixels; the limit is {max_megapixels}")
        if max(image.size) > MOST_TIMES_AS_LONG * min(image.size):
            raise ImageError(f"more than {MOST_TIMES_AS_LONG:,} times as long as wide, or as wide as long")
        if is_raw(image):
            raise ImageError(RAW)
        size = image.size
        if (factor := _reduction(size)) > 1:
            image.draft(None, (image.width // factor, image.height // factor))  # of JPEG; others are reduced in RGB
        _load(image)
        try:
            size = size[::-1] if image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS else size
            ImageOps.exif_transpose(image, in_place=True)
        except Exception:  # whatever a damaged EXIF block makes Pillow raise: the pixels are sound
            _add_note(image, "its orientation cannot be read (odd EXIF data) and was ignored")
        image.info[ORIGINAL_SIZE] = size
        _note_dark_levels(image)
        return image


def _load(image: Image.Image) -> None:
    if image.format != "TIFF":
        image.load()
        return
    with hear_tiff_errors() as faults:
        image.load()
    if faults:
        _add_note(image, f"parts of it may be damaged (libtiff says {', '.join(faults)})")


def _reduction(size: tuple[int, int]) -> int:
    """By what a picture is shrunk on opening: 1, 2, 4, ..., so that no more than 32 megapixels are left."""
    factor = 1
    while size[0] * size[1] > LARGE_MEGAPIXELS * 1e6 * factor**2:
        factor *= 2
    return factor


def original_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of a decoded picture as its file holds it, upright; in pixels."""
    width, height = image.info.get(ORIGINAL_SIZE, image.size)
    return width, height


def _note_dark_levels(image: Image.Image) -> None:
    """Says where the numbers of a picture use a small part of their type, such as 12 bits in 16."""
    if image.mode not in SIXTEEN_BIT_MODES:
        return
    try:
        lightest = int(scale_levels(image).max())
    except ValueError:  # `to_rgb` refuses it
        return
    if 0 < lightest <= DARKEST_WHITE:
        part = 2 ** (8 - lightest.bit_length())
        _add_note(
            image,
            f"its levels use 1/{part} of their range, so it is dark; multiply them by {part} if they have fewer bits",
        )


def note_of(image: Image.Image) -> str:
    """What was ignored or assumed to read a decoded picture, for people; "" of most."""
    return str(image.info.get(NOTE, ""))


def _add_note(image: Image.Image, note: str) -> None:
    image.info[NOTE] = "; ".join(filter(None, (note_of(image), note)))


def _open(file: IO[bytes]) -> Image.Image:
    try:
        return Image.open(file)
    except UnidentifiedImageError:
        file.seek(0)
        if not is_heif(file.read(12)):
            raise
        register_heif()
        file.seek(0)
        return Image.open(file)


def _say_why(file: IO[bytes], error: Exception) -> str:
    """Why a picture cannot be decoded: by what the file is, else by what the decoder says."""
    is_unidentified = isinstance(error, UnidentifiedImageError)
    if (reason := explain(file, is_unidentified)) != UNKNOWN:
        return reason
    if is_unidentified:
        file.seek(0)
        return DAMAGED if find_extension(file.read(12)) else UNKNOWN
    if not isinstance(error, OSError):
        return f"damaged ({type(error).__name__}: {error})"
    if "decoder" in str(error):  # Pillow's words for data that a C library rejects
        return f"its pixels are damaged ({error}); get it again"
    cut = "truncated" in str(error).lower() or "unexpected end" in str(error).lower()
    return "the file is cut short" if cut else f"cannot be decoded ({error})"


def to_rgb(image: Image.Image, fill_color: FillColor = "white") -> Image.Image:
    """Converts any mode to 8-bit RGB: 16-bit is scaled, not cut off; transparent parts get the fill colour.

    Raises:
        ImageError: the mode has no colours that a screen could show, nobody can say which of its numbers are black and
            white, or memory does not suffice.
    """
    try:
        return convert_to_rgb(image, fill_color)
    except UnknownLevelsError as error:
        raise ImageError(str(error)) from None
    except ValueError:
        raise ImageError(f"colours in the mode {image.mode}, which has no way to RGB") from None
    except MemoryError:
        raise ImageError("too large for the memory of this machine") from None
