"""Sizes and SHA-256 of the files of a folder, by which a later reader knows that they are as they were written."""

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from vitrine.records.schema import Count, Record

READERS = 4  # a disk and two cores are busy with so many; SHA-256 is computed without Python's lock


class FileSum(Record):
    """What a file was when it was written.

    Attributes:
        size_bytes: its length.
        sha256: of its content, in hexadecimal.
    """

    size_bytes: Count
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


Checksums = dict[str, FileSum]  # by the path below the folder, with "/" between its parts


@dataclass(frozen=True)
class Damage:
    """A file that is not as it was written.

    Attributes:
        file: path below the folder.
        what: about it, for people: "is missing".
    """

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}"


def sum_files(folder: Path, files: Iterable[str]) -> Checksums:
    """Sizes and digests of files, in the order of their names.

    Args:
        folder: that holds them.
        files: paths below it, with "/" between their parts.
    """
    names = sorted(files)
    with ThreadPoolExecutor(READERS) as threads:
        return dict(zip(names, threads.map(lambda name: _sum_file(folder / name), names), strict=True))


def find_damage(folder: Path, checksums: Mapping[str, FileSum], full: bool = False) -> list[Damage]:
    """The files that are not as they were written.

    Args:
        folder: that holds them.
        checksums: of the files, as they were written.
        full: whether every file is read. Without it only sizes are compared, which takes no time and finds what is
            missing or cut short.
    """
    with ThreadPoolExecutor(READERS) as threads:
        found = threads.map(lambda name: _compare(folder / name, checksums[name], full), checksums)
        return [Damage(name, what) for name, what in zip(checksums, found, strict=True) if what]


def _compare(path: Path, expected: FileSum, full: bool) -> str:
    try:
        size = path.stat().st_size
        if size != expected.size_bytes:
            return f"has {size:,} bytes, not the {expected.size_bytes:,} that were written"
        if full and _sum_file(path) != expected:
            return "does not hold what was written"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


@dataclass(frozen=True)
class _State:
    """A file as it is just now; a second link to the same file is equal to the first."""

    path: Path = field(compare=False)
    file_id: tuple[int, int | str]
    size_bytes: int
    modified_ns: int


def _sum_file(path: Path) -> FileSum:
    status = path.stat()
    file_id = (status.st_dev, status.st_ino or str(path))  # some network disks number no files
    state = _State(path, file_id, status.st_size, status.st_mtime_ns)
    return FileSum(size_bytes=status.st_size, sha256=_digest(state))


@lru_cache(maxsize=4096)
def _digest(state: _State) -> str:
    """Read once per process while the file stays as it is: the many runs of a comparison open one data set."""
    with state.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
