"""One row per file found: kept, quarantined (broken) or left out (sound, but of no use), and why."""

import hashlib
import io
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE, fingerprint
from vitrine.data.images.capture_time import read_capture_time
from vitrine.data.images.decoding import ImageError, decode_image, note_of, original_size, to_rgb
from vitrine.data.images.prefetch import map_ahead
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import SourceLostError
from vitrine.records.manifest import COLUMNS, ManifestBuilder, as_manifest, write_manifest
from vitrine.records.prepared import MANIFEST, THUMBNAILS
from vitrine.records.scratch import reserve_disk

if TYPE_CHECKING:
    from vitrine.data.manifest.scan_memory import ScanMemory

KEPT, QUARANTINED, LEFT_OUT = "kept", "quarantined", "left_out"
# Handed to a thread at once: a task of its own for every small file would cost a tenth of its decoding.
FILES_PER_TASK = 16
ROWS_AT_ONCE = 5_000
MOST_IN_MEMORY = 64 << 20  # bytes of a file that is read at once; larger ones are read in parts
Row = dict[str, Any]
Thumbnails = npt.NDArray[np.uint8]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Scan:
    """Manifest, and thumbnails: uint8, `[len(manifest), *THUMBNAIL_SHAPE]`, zero where nothing was decoded."""

    manifest: pd.DataFrame
    thumbnails: Thumbnails

    def write(self, folder: Path) -> None:
        """Keeps both for `scan_memory.ScanMemory.read`; a disk that is full meanwhile leaves those of before."""
        thumbnails, manifest = folder / f".{THUMBNAILS}", folder / f".{MANIFEST}"
        try:
            with thumbnails.open("wb") as file:
                np.save(file, self.thumbnails)
            write_manifest(self.manifest, manifest)
            (folder / MANIFEST).unlink(missing_ok=True)  # a kill must not leave it beside thumbnails of another scan
            thumbnails.replace(folder / THUMBNAILS)  # the older ones may be mapped into memory just now
            manifest.replace(folder / MANIFEST)
        finally:
            thumbnails.unlink(missing_ok=True)
            manifest.unlink(missing_ok=True)

    def forget(self, file: str, folder: Path) -> None:
        """Has the next scan read a file again, whatever this one saw of it.

        Args:
            file: its name.
            folder: of `write`.
        """
        self.manifest.loc[self.manifest["file"] == file, "sha256"] = ""
        self.write(folder)


def scan_files(
    found: Sequence[FoundFile],
    max_megapixels: int,
    progress: Callable[[int, int], None] = lambda *_: None,
    memory: "ScanMemory | None" = None,
    save: Callable[[Scan], None] = lambda _: None,
    threads: int | None = None,
    note: Callable[[int], None] = lambda _: None,
    scratch: Path | None = None,
) -> Scan:
    """Reads, hashes and fully decodes every file. Nothing is changed or deleted.

    Args:
        found: the files of a source.
        max_megapixels: larger pictures are quarantined, in millions of pixels.
        progress: called with a number of files that are done, and how many of them are quarantined.
        memory: of earlier scans with the same limit.
        save: given what is done so far when the scan is interrupted, or the source is lost.
        threads: None: one for each core, at most 8.
        note: called with the place of each file before it is read, by the thread that reads it.
        scratch: folder in which the thumbnails are kept until they are written; None: in memory.

    Returns:
        One row per file, in the order of `found`, columns as in `ManifestRow`. `width` and `height` are those of the
        upright picture in pixels, 0 where it was not decoded.

    Raises:
        SourceLostError: no picture of the source can be read any more.
    """
    seen = _Seen(len(found), scratch)

    def scan_batch(batch: Sequence[tuple[int, FoundFile]]) -> list[tuple[Row, Thumbnails | None]]:
        return [scan_one(place, one) for place, one in batch]

    def scan_one(place: int, one: FoundFile) -> tuple[Row, Thumbnails | None]:
        note(place)
        return (memory and memory.find(one)) or _scan_file(one, max_megapixels)

    try:
        for results in map_ahead(scan_batch, _batches(enumerate(found), FILES_PER_TASK), threads=threads):
            for row, thumbnail in results:
                seen.add(row, thumbnail)
            progress(len(results), sum(row["status"] == QUARANTINED for row, _ in results))
    except (KeyboardInterrupt, SourceLostError):
        save(seen.gather())
        raise
    return seen.gather()


class _Seen:
    """What a scan has seen so far, kept small: rows become columns by the thousand, these and thumbnails files.

    Args:
        count: files of the scan.
        scratch: folder for those files, which have no name and go with this process; None: memory.
    """

    def __init__(self, count: int, scratch: Path | None) -> None:
        self._manifest = ManifestBuilder(scratch)
        self._rows: list[Row] = []
        self._done = 0
        shape = (count, *THUMBNAIL_SHAPE)
        if scratch is None or not count:
            self._thumbnails: Thumbnails = np.zeros(shape, np.uint8)
        else:
            with TemporaryFile(dir=scratch) as file:
                reserve_disk(file, math.prod(shape))
                self._thumbnails = np.memmap(file, np.uint8, "w+", shape=shape)

    def add(self, row: Row, thumbnail: Thumbnails | None) -> None:
        """Takes the next row."""
        if thumbnail is not None:
            self._thumbnails[self._done + len(self._rows)] = thumbnail
        if len(self._rows) >= ROWS_AT_ONCE:
            self._manifest.add(_as_columns(self._rows))
            self._done, self._rows = self._done + len(self._rows), []
        self._rows.append(row)

    def gather(self) -> Scan:
        """All of it."""
        self._manifest.add(_as_columns(self._rows))
        return Scan(self._manifest.build(), self._thumbnails[: self._done + len(self._rows)])


def _as_columns(rows: Sequence[Row]) -> pd.DataFrame:
    return as_manifest({name: [row[name] for row in rows] for name in COLUMNS})


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def source_words(found: FoundFile) -> Row:
    """What the source says of a file, by column of the manifest; what only later steps fill in is empty."""
    return {
        "file": found.file, "label_name": found.label_name, "source_label": found.label_name, "split": found.split,
        "group": found.group, "subgroup": found.subgroup, "fold": -1, "copy_of": "", "compared": False,
    }  # fmt: skip


def _empty_row(found: FoundFile) -> Row:
    return source_words(found) | {
        "status": KEPT, "reason": "", "sha256": "", "perceptual_hash": "", "contrast": 0.0, "width": 0, "height": 0,
        "mode": "", "format": "", "size_bytes": 0, "modified_ns": 0, "taken": "", "note": "",
    }  # fmt: skip


def _scan_file(found: FoundFile, max_megapixels: int) -> tuple[Row, Thumbnails | None]:
    row = _empty_row(found)
    thumbnail = None
    try:
        status = found.path.stat()
        row |= {"size_bytes": status.st_size, "modified_ns": status.st_mtime_ns}
        if found.left_out:
            return row | {"status": LEFT_OUT, "reason": found.left_out}, None
        if found.file.endswith("/"):
            return row | {"status": QUARANTINED, "reason": "a folder that cannot be listed"}, None
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise ImageError("a pipe or device, not a file")
        with found.path.open("rb") as file:
            # Read once, unless it is large: a video may be called .jpg.
            content = file if status.st_size > MOST_IN_MEMORY else io.BytesIO(file.read())
            row["sha256"] = hashlib.file_digest(cast("io.BufferedReader", content), "sha256").hexdigest()
            row["size_bytes"] = content.seek(0, io.SEEK_END)
            content.seek(0)
            image = decode_image(content, max_megapixels)
        looks = fingerprint(to_rgb(image))
        width, height = original_size(image)
        row |= {"width": width, "height": height, "mode": image.mode, "format": image.format or ""}
        row["taken"] = read_capture_time(image)
        row["note"] = note_of(image)
        row |= {"perceptual_hash": looks.perceptual_hash, "contrast": looks.contrast}
        thumbnail = looks.thumbnail
    except FileNotFoundError:
        is_link = isinstance(found.path, os.PathLike) and Path(found.path).is_symlink()
        gone = "a link to a file that is not there" if is_link else "the file is not there"
        fate = {"status": LEFT_OUT, "reason": found.left_out} if found.left_out else {}
        return row | {"status": QUARANTINED, "reason": gone} | fate, None
    except OSError as error:
        return row | {"status": QUARANTINED, "reason": (error.strerror or str(error)).lower()}, None
    except ImageError as error:
        return row | {"status": QUARANTINED, "reason": str(error)}, None
    return row, thumbnail


def set_status(manifest: pd.DataFrame, rows: "pd.Series[bool]", status: str, reason: str) -> None:
    """Changes the status of some rows in place.

    Args:
        manifest: one row per file; is changed.
        rows: which are meant.
        status: new one.
        reason: for people.
    """
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
