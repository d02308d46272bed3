"""From a file to an upright picture in 8-bit RGB, or the reason why there is none."""

from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from vitrine.data.images.resizing import FillColor, convert_to_rgb
from vitrine.errors import UserError

# Pillow itself refuses more than 178 megapixels; 150 take 450 MB of memory.
MAX_MEGAPIXELS = 150
# Formats whose files are programs or lists of drawing steps; Pillow would start Ghostscript for them.
DRAWINGS = ("EPS", "WMF", "EMF")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class ImageError(UserError):
    """A file that cannot be used as a picture; the message is the reason."""


def open_image(
    source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS, fill_color: FillColor = "white"
) -> Image.Image:
    """Decodes a picture fully: upright, 8-bit RGB, the first frame of an animation.

    Args:
        source: path or binary file.
        max_megapixels: largest size decoded, in millions of pixels (an RGB picture takes 3 bytes for each).
        fill_color: colour behind transparent parts.

    Raises:
        ImageError: the reason in words.
    """
    return to_rgb(decode_image(source, max_megapixels), fill_color)


def decode_image(source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
    """Decodes every pixel and turns the picture upright, but keeps its mode and format; see `open_image`."""
    try:
        return _decode(source, max_megapixels)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(_name_unknown(source)) from None
    except FileNotFoundError:
        raise ImageError("the file is not there") from None
    except PermissionError:
        raise ImageError("no permission to read the file") from None
    except IsADirectoryError:
        raise ImageError("a folder, not a file") from None
    except Image.DecompressionBombError:
        raise ImageError(f"more than 178 megapixels; the limit is {max_megapixels}") from None
    except MemoryError:
        raise ImageError("too large for the memory of this machine") from None
    except OSError as error:
        cut = "truncated" in str(error) or "unexpected end" in str(error).lower()
        raise ImageError("the file is cut short" if cut else f"cannot be decoded ({error})") from None
    except Exception as error:  # Pillow's decoders raise SyntaxError, ValueError, struct.error and more on damage
        raise ImageError(f"damaged ({type(error).__name__}: {error})") from None


def _decode(source: Path | str | IO[bytes], max_megapixels: int) -> Image.Image:
    with Image.open(source) as image:
        if image.format in DRAWINGS:
            raise ImageError(f"a drawing ({image.format}), not a picture made of pixels")
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            raise ImageError(f"{megapixels:.0f} megapixels; the limit is {max_megapixels}")
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return image


def is_heic(start: bytes) -> bool:
    """Whether a file's first 12 bytes are those of a HEIC picture (ISO/IEC 23008-12)."""
    return start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS


def _name_unknown(source: Path | str | IO[bytes]) -> str:
    """Why a file is not recognised, as far as its first bytes tell."""
    if isinstance(source, Path | str):
        with Path(source).open("rb") as file:
            start = file.read(12)
    else:
        source.seek(0)
        start = source.read(12)
    if not start:
        return "the file is empty"
    if is_heic(start):
        return "HEIC pictures are not supported; save them as JPEG first"
    return "not a picture that can be read"


def to_rgb(image: Image.Image, fill_color: FillColor = "white") -> Image.Image:
    """Converts any mode to 8-bit RGB: 16-bit is scaled, not cut off; transparent parts get the fill colour.

    Raises:
        ImageError: the mode has no colours that a screen could show, or memory does not suffice.
    """
    try:
        return convert_to_rgb(image, fill_color)
    except ValueError:
        raise ImageError(f"colours in the mode {image.mode}, which has no way to RGB") from None
    except MemoryError:
        raise ImageError("too large for the memory of this machine") from None
