"""Opening what a source holds, or the reason why it cannot be opened."""

import os
from pathlib import Path

from PIL import Image

from vitrine.data.images.decoding import MAX_MEGAPIXELS, PLAIN, ImageError, NotReadError, Rendering, open_image
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import Place


def reason_not_to_open(file: FoundFile) -> str:
    """Why a file of a source is not looked at, as far as the list of its files tells; "" where it is."""
    if file.left_out:
        return file.left_out
    return "a folder that cannot be listed" if file.file.endswith("/") else ""


def open_found(file: FoundFile, max_megapixels: int = MAX_MEGAPIXELS, rendering: Rendering = PLAIN) -> Image.Image:
    """Decodes a file of a source, upright and in RGB; see `open_image`.

    Args:
        file: as the source lists it.
        max_megapixels: largest size decoded, in millions of pixels.
        rendering: of its colours.

    Raises:
        ImageError: the reason in words.
    """
    if reason := reason_not_to_open(file):
        raise ImageError(reason)
    return open_place(file.path, max_megapixels, rendering)


def open_place(path: Place, max_megapixels: int = MAX_MEGAPIXELS, rendering: Rendering = PLAIN) -> Image.Image:
    """Decodes what lies anywhere; see `open_found`.

    Args:
        path: where it lies.
        max_megapixels: largest size decoded, in millions of pixels.
        rendering: of its colours.

    Raises:
        ImageError: the reason in words.
    """
    if isinstance(path, os.PathLike):
        file = Path(path)
        if file.exists() and not file.is_file():  # opening a pipe would wait for ever
            raise ImageError("a pipe or device, not a file")
        return open_image(file, max_megapixels, rendering)
    try:
        content = path.open("rb")
    except FileNotFoundError as error:
        raise ImageError(str(error)) from None
    except OSError as error:
        raise NotReadError(str(error)) from None
    with content:
        return open_image(content, max_megapixels, rendering)
