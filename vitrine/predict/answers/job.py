"""A batch of one visitor: its files, its table and what is made of it, in a folder that goes with it."""

import io
import os
import secrets
import shutil
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from PIL import Image

from vitrine.data.sources.archive_limits import ArchiveError, Limits
from vitrine.data.sources.archives import SUFFIXES
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile, printable
from vitrine.data.sources.unlabeled import list_archive, tell_apart
from vitrine.errors import UserError
from vitrine.predict.answers.class_folders import zip_class_folders
from vitrine.predict.answers.exports import write_csv, write_parquet
from vitrine.predict.answers.rows import answer_cells, kind_of
from vitrine.predict.answers.table import AnswerRow, AnswerTable
from vitrine.predict.batches import PredictionBatch, Unreadable, predict_batches
from vitrine.predict.images import from_files
from vitrine.predict.predictor import Predictor

TOP_K = 3
PREFIX = "batch-"
THUMBNAIL_SIDE = 96  # pixels


@dataclass(frozen=True)
class Allowed:
    """What one batch may hold.

    Attributes:
        files: of it.
        bytes_each: of one picture.
        bytes_unpacked: of its archives together.
    """

    files: int = 20_000
    bytes_each: int = 50 * 2**20
    bytes_unpacked: int = 4 * 10**9


class TooManyFilesError(UserError):
    """More files, or larger ones, than a batch may hold; the message is the reason."""


class BatchJob:
    """Files on their way into a table of answers.

    The folder is removed by `close`, and at the latest when nothing refers to the job any more: a session that is
    dropped takes its pictures along.

    Args:
        predictor: the model.
        place: an existing folder, in which that of the job is made; nobody can guess its name.
        allowed: what it may hold.
    """

    def __init__(self, predictor: Predictor, place: Path, allowed: Allowed = Allowed()) -> None:
        self.predictor = predictor
        self.allowed = allowed
        self.top_k = min(TOP_K, len(predictor.label_names))
        self.folder = place / f"{PREFIX}{secrets.token_hex(16)}"
        self.folder.mkdir(mode=0o700)
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.table = AnswerTable(self.folder / "answers.sqlite")
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._is_running = self._is_unwanted = False

    def stop(self) -> None:
        """Ends `run` after the pictures that are at work; their rows stay."""
        self._stopped.set()

    def discard(self) -> None:
        """Stops it and removes its folder, as soon as nothing is written there any more."""
        self.stop()
        with self._lock:
            self._is_unwanted = True
            if not self._is_running:
                self.close()

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopped.is_set()

    @property
    def is_kept(self) -> bool:
        """Whether its table is still there."""
        return self.close.alive and not self._is_unwanted

    def take(self, uploads: Iterable[tuple[Path, str]]) -> FileColumns:
        """Keeps files and what archives hold; what cannot be used is listed too, with the reason.

        Args:
            uploads: path and name of each; the paths may vanish afterwards.

        Raises:
            TooManyFilesError: they are.
        """
        found: list[FoundFile] = []
        unpacked = 0
        for number, (path, name) in enumerate(uploads):
            folder = self.folder / "files" / str(number)
            folder.mkdir(parents=True)
            found += self._list(path, printable(name), folder)
            if len(found) > self.allowed.files:
                raise TooManyFilesError(f"more than {self.allowed.files:,} files")
            if name.lower().endswith(SUFFIXES):
                unpacked += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            if unpacked > self.allowed.bytes_unpacked:
                raise TooManyFilesError(f"more than {self.allowed.bytes_unpacked / 1e9:,.0f} GB of files in archives")
        return tell_apart(found)

    def _list(self, path: Path, name: str, folder: Path) -> list[FoundFile]:
        if not name.lower().endswith(SUFFIXES):
            return [self._limit(FoundFile(_keep(path, folder), name, "", "", ""))]
        try:
            limits = Limits(self.allowed.files, self.allowed.bytes_unpacked)
            return [self._limit(file) for file in list_archive(path, folder, name, limits)]
        except ArchiveError as error:
            return [FoundFile(path, name, "", "", error.reason)]

    def _limit(self, file: FoundFile) -> FoundFile:
        if file.left_out or file.path.stat().st_size <= self.allowed.bytes_each:
            return file
        megabytes = self.allowed.bytes_each // 2**20
        return replace(file, left_out=f"more than {megabytes} MB, the limit for one picture")

    def run(self, files: Sequence[FoundFile]) -> Iterator[int]:
        """Fills the table; yields how many files are done, after every few.

        Args:
            files: of `take`.
        """
        with self._lock:
            self._is_running = not self._is_unwanted
        try:
            yield from self._fill(files) if self._is_running else ()
        finally:
            with self._lock:
                self._is_running = False
                if self._is_unwanted:
                    self.close()

    def _fill(self, files: Sequence[FoundFile]) -> Iterator[int]:
        done = 0
        pictures = from_files(files, self.predictor.rendering)
        with closing(predict_batches(self.predictor, pictures, inspect=make_thumbnail)) as batches:
            for batch in batches:
                paths = [Path(cast("os.PathLike[str]", file.path)) for file in files[done : done + len(batch)]]
                self.table.add(self._rows(batch, paths))
                done += len(batch)
                yield done
                if self.is_stopped:
                    return

    def _rows(self, batch: PredictionBatch, paths: Sequence[Path]) -> Iterator[AnswerRow]:
        thumbnails = iter(batch.inspected)
        for (file, said), path in zip(batch.in_order(), paths, strict=True):
            row = AnswerRow(file, path, kind_of(said), None, answer_cells(said, self.top_k))
            if not isinstance(said, Unreadable):
                row = replace(row, confidence=said.ranking[0][1], thumbnail=next(thumbnails))
            yield row

    def export_csv(self) -> Path:
        """The table for spreadsheets; see `write_csv`."""
        path = self.folder / "answers.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            write_csv(self.table, self.top_k, stream)
        return path

    def export_parquet(self) -> Path:
        """The table for programs; see `write_parquet`."""
        path = self.folder / "answers.parquet"
        write_parquet(self.table, self.top_k, path)
        return path

    def export_folders(self) -> Path:
        """The pictures in folders named after their answers; see `zip_class_folders`."""
        path = self.folder / "answers.zip"
        zip_class_folders(self.table, self.predictor.label_names, self.top_k, path)
        return path


def make_thumbnail(image: Image.Image) -> bytes:
    """A small JPEG of an RGB picture, in its own proportions."""
    factor = max(1, min(image.size) // (2 * THUMBNAIL_SIDE))  # the rest is cheap then
    small = image.reduce(factor)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    stream = io.BytesIO()
    small.save(stream, "jpeg", quality=80)
    return stream.getvalue()


def _keep(path: Path, folder: Path) -> Path:
    """A second name of a file, which stays when the first is deleted; takes no room."""
    kept = folder / "file"
    try:
        os.link(path, kept)
    except OSError:  # another disk, or one without such names
        shutil.copyfile(path, kept)
    return kept
