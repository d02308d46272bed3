"""One row per file on disk: kept, quarantined (broken) or left out (sound, but of no use), and why."""

import hashlib
import stat
from collections.abc import Callable, Sequence

import pandas as pd

from vitrine.data.listing import FoundFile
from vitrine.data.preparation import PictureError, decode_picture, to_rgb
from vitrine.data.threads import map_ahead

KEPT, QUARANTINED, LEFT_OUT = "kept", "quarantined", "left_out"
COLUMNS = {
    "file": "string", "label_name": "string", "split": "string", "status": "string", "reason": "string",
    "sha256": "string", "width": "int32", "height": "int32", "mode": "string", "format": "string",
    "size_bytes": "int64",
}  # fmt: skip


def scan_files(
    found: Sequence[FoundFile], max_megapixels: int, progress: Callable[[int], None] = lambda _: None
) -> pd.DataFrame:
    """Reads, hashes and fully decodes every file. Nothing is changed or deleted.

    Args:
        found: the files of a source.
        max_megapixels: larger pictures are quarantined, in millions of pixels.
        progress: called with the number of files that are done.

    Returns:
        The manifest: one row per file, in the order of `found`, columns as in `COLUMNS`. `width` and `height` are
        those of the upright picture in pixels, 0 where it was not decoded.
    """
    rows = []
    for row in map_ahead(lambda file: _scan_file(file, max_megapixels), found):
        rows.append(row)
        progress(1)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _scan_file(found: FoundFile, max_megapixels: int) -> dict[str, object]:
    row: dict[str, object] = {
        "file": found.file, "label_name": found.label_name, "split": found.split, "status": KEPT, "reason": "",
        "sha256": "", "width": 0, "height": 0, "mode": "", "format": "", "size_bytes": 0,
    }  # fmt: skip
    if found.left_out:
        return row | {"status": LEFT_OUT, "reason": found.left_out}
    if found.file.endswith("/"):
        return row | {"status": QUARANTINED, "reason": "a folder that cannot be listed"}
    try:
        if not stat.S_ISREG(found.path.stat().st_mode):  # opening a pipe would wait for ever
            raise PictureError("a pipe or device, not a file")
        with found.path.open("rb") as file:
            row["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            row["size_bytes"] = file.tell()
            image = decode_picture(file, max_megapixels)
        row |= {"width": image.width, "height": image.height, "mode": image.mode, "format": image.format or ""}
        to_rgb(image)
    except FileNotFoundError:
        gone = "a link to a file that is not there" if found.path.is_symlink() else "the file is not there any more"
        return row | {"status": QUARANTINED, "reason": gone}
    except OSError as error:
        return row | {"status": QUARANTINED, "reason": (error.strerror or str(error)).lower()}
    except PictureError as error:
        return row | {"status": QUARANTINED, "reason": str(error)}
    return row


def set_status(manifest: pd.DataFrame, rows: "pd.Series[bool]", status: str, reason: str) -> None:
    """Changes the status of some kept rows in place."""
    manifest.loc[rows, ["status", "reason"]] = [status, reason]


def count_status(manifest: pd.DataFrame) -> dict[str, int]:
    """Number of rows of each status; together they are all files found.

    Raises:
        AssertionError: a row has another status, so that a file would be lost.
    """
    counts = {status: int((manifest["status"] == status).sum()) for status in (KEPT, QUARANTINED, LEFT_OUT)}
    if sum(counts.values()) != len(manifest):
        raise AssertionError(f"{len(manifest)} files found, but {counts} accounted for")
    return counts
