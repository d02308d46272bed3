"""How much an archive may hold: no bomb goes off, and no disk is filled."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from vitrine.errors import UserError

# Pictures are compressed already; text and plain bitmaps shrink to a tenth or a fiftieth, a bomb to a thousandth.
MAX_RATIO = 100
UNSUSPICIOUS_BYTES = 64 * 2**20  # blank pages and masks shrink as bombs do, but are small
BLOCK_BYTES = 4096  # what even the smallest file takes on most disks


@dataclass(frozen=True)
class Limits:
    """Of one archive: `files`, and `bytes` of them when they are unpacked."""

    files: int = 2_000_000  # ImageNet has 1.4 million
    bytes: int = 500 * 10**9  # ImageNet has 160 GB


GENEROUS = Limits()


class ArchiveError(UserError):
    """An archive that is not unpacked.

    Args:
        archive: the file.
        reason: why, without its name or a path of this machine, for those who do not sit at it.
        advice: what to do.
    """

    def __init__(self, archive: Path, reason: str, advice: str) -> None:
        super().__init__(f"{archive}: {reason}; {advice}")
        self.reason = reason


class Sized(Protocol):
    """An entry of an archive."""

    @property
    def size(self) -> int:
        """Unpacked, in bytes."""


Entry = TypeVar("Entry", bound=Sized)


def limit_entries(archive: Path, entries: Iterable[Entry], limits: Limits) -> Iterator[Entry]:
    """Passes entries on until they are too many or too large; a bomb is not even listed to its end.

    Args:
        archive: the file that lists them.
        entries: are taken as they are needed.
        limits: of the archive.

    Raises:
        ArchiveError: it is beyond a limit.
    """
    packed_bytes = archive.stat().st_size
    total_bytes = 0
    for number, entry in enumerate(entries, start=1):
        total_bytes += entry.size
        problem = ""
        if number > limits.files:
            problem = f"more than {limits.files:,} files"
        elif total_bytes > limits.bytes:
            problem = f"more than {limits.bytes / 1e9:,.0f} GB of files"
        elif total_bytes > max(UNSUSPICIOUS_BYTES, MAX_RATIO * packed_bytes):
            problem = f"{packed_bytes:,} bytes that unpack to more than {total_bytes:,}, as only a bomb does"
        if problem:
            raise ArchiveError(archive, problem, "if you trust it, unpack it yourself and give the folder")
        yield entry


def check_free_disk(archive: Path, entries: Iterable[Sized], folder: Path) -> None:
    """Makes sure that the disk has room for an archive.

    Raises:
        ArchiveError: it has not.
    """
    needed = sum(entry.size + BLOCK_BYTES for entry in entries)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ArchiveError(
            archive,
            f"takes {needed / 1e9:,.2f} GB unpacked, but the disk has {free / 1e9:,.2f} GB free",
            f"make room for {folder}, or unpack it on another disk and give the folder",
        )
