"""From what Gradio hands over to a decoded picture, or to a sentence that says why not."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_pil_to_cache
from gradio.route_utils import GradioMultiPartParser
from gradio.utils import get_upload_folder
from gradio_client.utils import is_http_url_like
from PIL import Image
from starlette.datastructures import FormData

from vitrine.data.images.decoding import MAX_MEGAPIXELS, PLAIN, ImageError, Rendering, open_image
from vitrine.data.images.formats import find_extension
from vitrine.data.sources.archives import SUFFIXES
from vitrine.errors import UserError
from vitrine.ui.stored import translate
from vitrine.ui.texts import Texts

MAX_UPLOAD_MEGABYTES = 50  # a 100-megapixel photo as JPEG has 20 to 40
MAX_UPLOAD_BYTES = MAX_UPLOAD_MEGABYTES * 1024 * 1024
MAX_ARCHIVE_MEGABYTES = 1024  # 10,000 pictures of 100 kB
MAX_ARCHIVE_BYTES = MAX_ARCHIVE_MEGABYTES * 1024 * 1024
LONGEST_NAME = 60  # characters; longer file names are cut in messages
PREVIEW_SIDE = 1024  # pixels
SHOWN_BY_BROWSERS = (".jpg", ".png", ".webp", ".gif", ".bmp", ".avif")  # by content: phones write HEIC as .jpg


@dataclass(frozen=True)
class Upload:
    """A picture as it came in.

    Attributes:
        path: the uploaded file, unchanged.
        name: its name on the sender's machine.
        image: decoded, upright, 8-bit RGB.
    """

    path: Path
    name: str
    image: Image.Image


def open_upload(picture: Mapping[str, Any], folder: Path, texts: Texts, rendering: Rendering = PLAIN) -> Upload:
    """Opens an uploaded file itself, not the copy that Gradio would make of it.

    Gradio's own conversion turns JPEG into WebP and cuts 16-bit levels off at 255; the answers would then differ
    from those of the command line.

    Args:
        picture: Gradio's description of the file (`path`, `orig_name`), as an event with `preprocess=False` gets it.
        folder: the only folder from which files are opened. Gradio checks this for most requests, but not
            for a hand-written one whose description lacks the `meta` field.
        texts: of the language of the refusal.
        rendering: of its colours.

    Raises:
        UserError: which file, why it cannot be used, and what to do.
    """
    path, whole_name = find_upload(picture, folder, texts)
    name = _short(whole_name)
    if path.stat().st_size > MAX_UPLOAD_BYTES:  # it came among archives, which may be larger
        size = f"{path.stat().st_size / 2**20:.0f}"
        reason = texts("app.refusal.too_large", size=size, megabytes=MAX_UPLOAD_MEGABYTES)
        raise UserError(refusal(name, reason, say_limits(texts), texts))
    try:
        return Upload(path, name, open_image(path, rendering=rendering))
    except ImageError as error:
        raise UserError(refuse_picture(name, error, texts)) from None


def refuse_picture(name: str, error: ImageError, texts: Texts) -> str:
    """Which picture cannot be used, why, and which ones can.

    Args:
        name: of the file.
        error: the reason.
        texts: of the language of the refusal.
    """
    return refusal(name, translate(str(error), texts), say_limits(texts), texts)


def find_upload(file: Mapping[str, Any], folder: Path, texts: Texts) -> tuple[Path, str]:
    """Path and name of an uploaded file; arguments as of `open_upload`.

    Raises:
        UserError: it is not there, or does not lie in the folder.
    """
    given = str(file.get("path") or "").replace("\0", "")
    path = Path(given).resolve()
    name = Path(str(file.get("orig_name") or given)).name or texts("app.answer.this_picture")
    if not path.is_relative_to(folder) or not path.is_file():
        raise UserError(refusal(_short(name), texts("app.refusal.gone"), texts("app.refusal.choose_again"), texts))
    return path, name


def upload_folder() -> Path:
    """The folder in which Gradio keeps uploads."""
    return Path(get_upload_folder()).resolve()


def refusal(name: str, reason: str, advice: str, texts: Texts) -> str:
    """The one form of every message about a file: which, why, what to do."""
    return texts("app.refusal.message", name=name, reason=reason, advice=advice)


def say_limits(texts: Texts) -> str:
    """What to do about a file that is of no use: which pictures can be used."""
    return texts("app.refusal.advice", megabytes=MAX_UPLOAD_MEGABYTES, megapixels=MAX_MEGAPIXELS)


def displayable(upload: Upload, folder: Path) -> Path:
    """A file that browsers can show: the upload itself, or a small PNG of it (for TIFF, say) written below `folder`."""
    with upload.path.open("rb") as file:
        if find_extension(file.read(12)) in SHOWN_BY_BROWSERS:
            return upload.path
    small = upload.image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return Path(save_pil_to_cache(small, cache_dir=str(folder), name=upload.path.stem, format="png"))


def accept_files_only(picture: gr.Image | gr.File) -> None:
    """Keeps the server from fetching web addresses that a request names in place of an uploaded file.

    Gradio downloads them before the event's function is called, of any size and to whoever asks.
    """
    keep_file = picture.async_move_resource_to_block_cache

    async def refuse_address(source: str | Path | None) -> str | None:
        if is_http_url_like(str(source)):
            raise gr.Error(
                "The picture was given as a web address, and those are not fetched. Download it and send the file.",
                print_exception=False,
            )
        return await keep_file(source)

    # No subclass: Gradio writes a .pyi file beside every module that defines a component.
    picture.async_move_resource_to_block_cache = refuse_address  # type: ignore[method-assign, assignment]


def guard_uploads() -> None:
    """Makes Gradio delete what it wrote of an upload that breaks off, and take large files only of archives.

    It deletes a file that is too large only. After a full disk, or a visitor who went away, the part would stay
    until the program ends, and the next visitor would find the disk full too.
    """
    parse = GradioMultiPartParser.parse
    if parse.__module__ == __name__:
        return

    async def parse_or_delete(parser: GradioMultiPartParser) -> FormData:
        _limit_by_name(parser)
        try:
            return await parse(parser)
        except BaseException:
            for part in parser._files_to_close_on_error:
                with suppress(OSError):  # closing writes what is buffered, for which there may be no room
                    part.close()
                Path(part.name).unlink(missing_ok=True)
            raise

    GradioMultiPartParser.parse = parse_or_delete  # type: ignore[method-assign, assignment]


def _limit_by_name(parser: GradioMultiPartParser) -> None:
    """Lowers the limit to that of a picture until an archive comes."""
    of_archives, read_headers = parser.max_file_size, parser.on_headers_finished

    def read_name() -> None:
        read_headers()
        file = parser._current_part.file
        if file is not None and (file.filename or "").lower().endswith(SUFFIXES):
            parser.max_file_size = of_archives

    parser.max_file_size = min(of_archives, MAX_UPLOAD_BYTES)
    parser.on_headers_finished = read_name  # type: ignore[method-assign]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 10]}…{name[-9:]}"
