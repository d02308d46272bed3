"""From a file to the picture that the network sees, by the same steps in preparing, the commands and the app."""

from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

from vitrine.errors import UserError

# Pillow itself refuses more than 178 megapixels; 150 take 450 MB of memory.
MAX_MEGAPIXELS = 150
RESAMPLE = Image.Resampling.BICUBIC
GROUND = (255, 255, 255)  # transparent pictures are mostly drawings and logos, made for white pages
SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I")
# Formats whose files are programs or lists of drawing steps; Pillow would start Ghostscript for them.
DRAWINGS = ("EPS", "WMF", "EMF")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class PictureError(UserError):
    """A file that cannot be used as a picture; the message is the reason."""


def open_picture(source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
    """Decodes a picture fully: upright, 8-bit RGB, the first frame of an animation.

    Args:
        source: path or binary file.
        max_megapixels: largest size decoded, in millions of pixels (an RGB picture takes 3 bytes for each).

    Raises:
        PictureError: the reason in words.
    """
    return to_rgb(decode_picture(source, max_megapixels))


def decode_picture(source: Path | str | IO[bytes], max_megapixels: int = MAX_MEGAPIXELS) -> Image.Image:
    """Decodes every pixel and turns the picture upright, but keeps its mode and format; see `open_picture`."""
    try:
        return _decode(source, max_megapixels)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(_name_unknown(source)) from None
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except PermissionError:
        raise PictureError("no permission to read the file") from None
    except IsADirectoryError:
        raise PictureError("a folder, not a file") from None
    except Image.DecompressionBombError:
        raise PictureError(f"more than 178 megapixels; the limit is {max_megapixels}") from None
    except MemoryError:
        raise PictureError("too large for the memory of this machine") from None
    except OSError as error:
        cut = "truncated" in str(error) or "unexpected end" in str(error).lower()
        raise PictureError("the file is cut short" if cut else f"cannot be decoded ({error})") from None
    except Exception as error:  # Pillow's decoders raise SyntaxError, ValueError, struct.error and more on damage
        raise PictureError(f"damaged ({type(error).__name__}: {error})") from None


def _decode(source: Path | str | IO[bytes], max_megapixels: int) -> Image.Image:
    with Image.open(source) as image:
        if image.format in DRAWINGS:
            raise PictureError(f"a drawing ({image.format}), not a picture made of pixels")
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            raise PictureError(f"{megapixels:.0f} megapixels; the limit is {max_megapixels}")
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return image


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
    if start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS:  # ISO/IEC 23008-12
        return "HEIC pictures are not supported; save them as JPEG first"
    return "not a picture that can be read"


def to_rgb(image: Image.Image) -> Image.Image:
    """Converts any mode to 8-bit RGB: 16-bit is scaled, not cut off; transparent parts become white.

    Raises:
        PictureError: the mode has no colours that a screen could show, or memory does not suffice.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    try:
        return _convert(image)
    except ValueError:
        raise PictureError(f"colours in the mode {image.mode}, which has no way to RGB") from None
    except MemoryError:
        raise PictureError("too large for the memory of this machine") from None


def _convert(image: Image.Image) -> Image.Image:
    if image.mode in SIXTEEN_BIT_MODES:
        # convert("RGB") would cut off at 255: a 16-bit grey of 60,000 and one of 300 would both be white.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    elif image.mode == "F":
        image = Image.fromarray(_scale_floats(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _scale_floats(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Floating-point pictures have no fixed white: 0 to 1 by custom, 0 to 255 where a value is above 1."""
    finite = np.nan_to_num(levels, nan=0.0, posinf=255.0, neginf=0.0)
    scale = 255.0 if finite.max(initial=0.0) <= 1.0 else 1.0
    return (finite * scale).clip(0, 255).astype(np.uint8)


def to_square(image: Image.Image, side: int) -> torch.Tensor:
    """Squashes an RGB picture to a square, exactly as `transformers.ViTImageProcessor` does (torchvision, antialias).

    Squashing keeps the whole picture in view; a centre crop would lose what stands at its edges.

    Returns:
        uint8, `[3, side, side]`.
    """
    bicubic = F.InterpolationMode.BICUBIC
    square: torch.Tensor = F.resize(F.pil_to_tensor(image), [side, side], interpolation=bicubic, antialias=True)
    return square
