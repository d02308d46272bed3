"""Where the bytes of a file lie: at a path, or within something else that opens as one."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal, Protocol

from vitrine.errors import UserError

# What is not a path is read into memory at once; no picture that is decoded takes as much.
LARGEST_BYTES = 1_000_000_000
TOO_LARGE = f"more than {LARGEST_BYTES // 10**9} GB, so no picture"
UNKNOWN_TIME = -1  # of change, where nothing tells it: such a file is never taken to be as it was
UNKNOWN_SIZE = -1
SAME_COMMAND, KEPT = "give the same command again", ": what was done is kept"


class SourceLostError(UserError):
    """A source, or a picture of it, could be read and cannot be any more, as when credentials expire."""


@contextmanager
def keeping_nothing() -> Iterator[None]:
    """Has the message of a source that was lost promise nothing where all is done anew."""
    try:
        yield
    except SourceLostError as error:
        error.reword(KEPT, "")
        raise


class Status(Protocol):
    """What `os.stat` tells, as far as it matters here."""

    @property
    def st_mode(self) -> int:
        """Kind of file."""

    @property
    def st_size(self) -> int:
        """In bytes."""

    @property
    def st_mtime_ns(self) -> int:
        """When it was last changed, in nanoseconds since 1970."""


class Place(Protocol):
    """Where the bytes of a file lie; a `Path` is one."""

    def stat(self) -> Status:
        """Size and time of change; raises `OSError` where there is no such file."""

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """Opens it; raises `OSError`, or `SourceLostError` where the whole source is gone."""


@dataclass(frozen=True, slots=True)
class ListedStatus:
    """A `Status` as a listing tells it."""

    st_size: int
    st_mtime_ns: int
    st_mode: int = stat.S_IFREG


@dataclass(frozen=True, slots=True)
class FileBelow:
    """A file below a folder, in a tenth of the memory that a `Path` takes: there may be millions.

    Attributes:
        folder: that many files share.
        file: path below it, with forward slashes.
    """

    folder: str
    file: str

    def stat(self) -> Status:
        """As of the file itself."""
        return os.stat(self.__fspath__())  # noqa: PTH116 (no Path need be made)

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """As of the file itself."""
        return open(self.__fspath__(), mode)  # noqa: PTH123 (likewise; the caller closes it)

    def __fspath__(self) -> str:
        return f"{self.folder}/{self.file}"

    def __str__(self) -> str:
        return self.__fspath__()


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file within a tar archive that is not compressed: it is read where it lies.

    Attributes:
        archive: path of the archive.
        offset: of its first byte there.
        size: in bytes.
        modified_ns: when the archive was last changed: members are often stored with one time for all.
    """

    archive: Path
    offset: int
    size: int
    modified_ns: int

    def stat(self) -> Status:
        """As the archive's header says."""
        return ListedStatus(self.size, self.modified_ns)

    def open(self, _mode: Literal["rb"] = "rb", /) -> IO[bytes]:
        """Its bytes, in memory.

        Raises:
            OSError: the archive is gone or shorter than it was.
        """
        try:
            with self.archive.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except FileNotFoundError:  # it says nothing of the picture
            raise OSError(f"the archive {self.archive.name} is gone") from None
        if len(content) < self.size:
            raise OSError(f"the archive {self.archive.name} is shorter than it was")
        return io.BytesIO(content)

    def __str__(self) -> str:
        return f"{self.archive} (byte {self.offset:,})"


def make_absolute(place: Place) -> Place:
    """The same place, for a process that is started elsewhere; itself where it depends on no folder."""
    match place:
        case Path() if not place.is_absolute():
            return place.absolute()
        case FileBelow() if not Path(place.folder).is_absolute():
            return replace(place, folder=str(Path(place.folder).absolute()))
        case TarMember() if not place.archive.is_absolute():
            return replace(place, archive=place.archive.absolute())
    return place
