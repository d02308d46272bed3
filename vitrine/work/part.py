"""A unit of work whose result is one file, mostly of Parquet, whole or not there, and named by what it was made of."""

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.errors import UserError, first_line
from vitrine.records.atomic import write_bytes
from vitrine.work.journal import NO_ITEM, Deaths, Journal, read_journal
from vitrine.work.unit import TOO_LITTLE_MEMORY, StuckError

MOST_UNEXPLAINED = 3  # deaths of one unit without an item at hand
UNSETTLED = b"unsettled"
ENDED_READER = "reading it ended the program"
DAMAGES = (OSError, pa.ArrowException)  # what reading a damaged part raises


class FolderGoneError(UserError):
    """The folder of the parts was removed while they were made: another job may be done with all of them."""


@dataclass(frozen=True, kw_only=True)
class OneFile(ABC):
    """A unit that makes one file; see `Work`.

    Attributes:
        ending: of the file's name.
        folder: where the file is written; on a disk that all who work share.
        deaths: of processes that did it before.
        token: of this coordinator, so that it does not take the journal of another one's attempt for its own.
    """

    ending: ClassVar[str]
    folder: Path
    deaths: Deaths = field(default=Deaths(), compare=False)
    token: str = field(default_factory=lambda: secrets.token_hex(4), compare=False)

    @property
    @abstractmethod
    def name(self) -> str:
        """Of the file, without its ending: it says all that decides the content."""

    @property
    def title(self) -> str:
        """What people know it by: the names of its first and last file, where it has some."""
        return self.name

    @abstractmethod
    def write(self, note: Callable[[int], None]) -> None:
        """Makes the file, whole or not at all, leaving out the items at `deaths.culprits`.

        Args:
            note: to be called with the place of each item before it is read, or with `NO_ITEM`.
        """

    @cached_property
    def path(self) -> Path:
        """Of the file. It is found once, and travels with the unit."""
        return self.folder / f"{self.name}{self.ending}"

    def is_done(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def do(self) -> None:
        """Makes the file, unless it is there.

        Raises:
            OSError: it cannot be written.
            FolderGoneError: the folder of the parts was removed meanwhile.
        """
        if self.path.exists():
            return
        try:
            with Journal(self.journal) as journal:
                self.write(journal.note)
        except FileNotFoundError:
            if self.path.exists():  # another one was faster, and has put the folder in order
                return
            if self.folder.is_dir():
                raise
            raise FolderGoneError(
                f"{self.folder} was removed while its parts were made, as by another job of the same output that is "
                "done; give the same command again to see what is left to do"
            ) from None

    def blame(self) -> Self:
        """See `Work.blame`.

        Raises:
            StuckError: three processes died without an item at hand.
        """
        place = read_journal(self.journal)
        if place is None:
            return self
        self.journal.unlink(missing_ok=True)
        deaths = self.deaths.add(place)
        if deaths.unexplained == MOST_UNEXPLAINED:
            raise StuckError(
                f"{MOST_UNEXPLAINED} processes that did one shard ({self.title}) were ended, and none of its pictures "
                f"is to blame; {TOO_LITTLE_MEMORY}"
            )
        return replace(self, deaths=deaths)

    @property
    def journal(self) -> Path:
        """Where it is noted what is at hand."""
        return self.path.with_name(f".{self.path.stem}.{self.token}.at")


@dataclass(frozen=True, kw_only=True)
class Part(OneFile):
    """A unit whose file is a table, of Parquet."""

    ending: ClassVar[str] = ".parquet"

    @abstractmethod
    def make(self, note: Callable[[int], None]) -> pa.Table:
        """Makes the content; see `write`."""

    def write(self, note: Callable[[int], None]) -> None:
        """Writes the content, unless another one was faster, and may have found more of its files."""
        content = to_bytes(self.make(note))
        note(NO_ITEM)
        if not self.path.exists():
            write_bytes(self.path, content)


def mark_unsettled(table: pa.Table) -> pa.Table:
    """The content of a part that shall be made once more by the next job, for some of its items could not be had."""
    return table.replace_schema_metadata({UNSETTLED: b"yes"})


def remove_unsettled(parts: Iterable[Part]) -> None:
    """Removes parts that were marked by `mark_unsettled`, so that they are made once more.

    Args:
        parts: of the own share, done or not; others may be making theirs just now.
    """
    for part in parts:
        try:
            marks = pq.read_metadata(part.path).metadata or {}
        except (FileNotFoundError, pa.ArrowInvalid):
            continue
        if UNSETTLED in marks:
            part.path.unlink(missing_ok=True)


def remove_damaged(parts: Iterable[Part]) -> None:
    """Removes parts that a disk has damaged, so that they are made once more.

    Every byte is read, which takes a fiftieth of a second for the scan of two thousand pictures; a job that begins has
    none yet.

    Args:
        parts: done or not.
    """
    for part in parts:
        try:
            _read(part.path)
        except FileNotFoundError:
            pass
        except DAMAGES:
            part.path.unlink(missing_ok=True)


def count_filled(path: Path, column: str) -> int:
    """How many rows of a part have a value in a column; 0 where somebody took the part away."""
    try:
        values = pq.read_table(path, columns=[column])[column]
    except FileNotFoundError:
        return 0
    return len(values) - int(values.null_count)


def read_part(part: Part) -> pa.Table:
    """The content of a part.

    Args:
        part: is done.

    Raises:
        UserError: it was damaged since it was made or looked at; it is removed.
    """
    try:
        return _read(part.path)
    except DAMAGES as error:
        part.path.unlink(missing_ok=True)
        raise UserError(
            f"{part.path} cannot be read ({first_line(error)}); it is removed, and the same command makes it anew"
        ) from error


def _read(path: Path) -> pa.Table:
    return pq.read_table(path, page_checksum_verification=True)


def to_bytes(table: pa.Table) -> bytes:
    """A Parquet file, by whose checksums a reader finds damage: equal tables give equal bytes.

    Of what their libraries note nothing is kept.
    """
    marks = {name: mark for name, mark in (table.schema.metadata or {}).items() if name == UNSETTLED}
    stream = BytesIO()
    pq.write_table(table.replace_schema_metadata(marks or None), stream, compression="zstd", write_page_checksum=True)
    return stream.getvalue()


class Named(Protocol):
    """What has a name in its source, as a `FoundFile` has."""

    @property
    def file(self) -> str:
        """The name."""


def name_ends(files: Sequence[Named]) -> str:
    """What people know a run of files by.

    Args:
        files: at least one.
    """
    return files[0].file if len(files) == 1 else f"{files[0].file} to {files[-1].file}"


class Stated(Protocol):
    """What tells its size and the time of its change as a `Path` does."""

    def stat(self) -> Any:
        """See `Path.stat`."""


def state_of(path: Stated) -> str:
    """What tells whether a file is still the same one, without reading it."""
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size} {status.st_mtime_ns}"


def digest_of(*words: str) -> str:
    """A short name made of words, which may hold bytes that are no UTF-8."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(f"{word}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]
