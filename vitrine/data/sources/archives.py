"""From a zip or tar archive to a folder: nothing is written outside it, nothing is lost, and no bomb goes off."""

import bz2
import errno
import gzip
import lzma
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from calendar import timegm
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import IO, Any, Literal, cast

from vitrine.data.sources.archive_limits import GENEROUS, ArchiveError, Limits, check_free_disk, limit_entries
from vitrine.data.sources.archive_names import decode_tar_names, zip_names
from vitrine.data.sources.files import FoundFile, printable
from vitrine.data.sources.hidden import is_hidden

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
CHUNK_BYTES = 2**20
LONGEST_HEADER_BYTES = 64 * 2**20  # tarfile takes the extended header of an entry into memory at once
TAR_BLOCK_BYTES = 512
UNPACK_IT = "unpack it yourself and give the folder"
LATEST_SECOND = 2**32 - 1  # disks keep no time beyond the year 2106

_DECOMPRESSORS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
# What the libraries raise on damage; also OSError without a number, from gzip and bz2.
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError,
    RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """One entry of an archive: `name` with forward slashes, `size` in bytes, `modified` in seconds since 1970."""

    name: str
    kind: Literal["file", "folder", "copy", "link", "device"]
    size: int
    modified: int
    origin: zipfile.ZipInfo | tarfile.TarInfo


def unpack(
    archive: Path,
    folder: Path,
    encoding: str | None = None,
    otherwise: str | None = UNPACK_IT,
    limits: Limits = GENEROUS,
) -> list[FoundFile]:
    """Unpacks a zip or tar archive, plain or compressed by gzip, bzip2 or xz; its content decides which.

    The libraries' own extraction would rename, overwrite or leave out entries in silence; here every entry is either
    a file in the folder or in the result. Of the time of a file the seconds are those of the archive, and the fraction
    is a checksum of the content: archives are often made with one time for all files, and a changed file must not
    look unchanged.

    Args:
        archive: an existing file.
        folder: an existing, empty folder.
        encoding: code page of the names that are not in UTF-8; None finds it out.
        otherwise: what a person is told where it cannot be found out; None: nobody is asked. See `decode`.
        limits: of what it may hold.

    Returns:
        What was not unpacked, each with its reason: links, devices, paths that lead out of the archive, and second
        entries of one name.

    Raises:
        ArchiveError: encrypted, damaged, cut short, suspiciously large, or larger than the free disk.
        UserError: with names in a code page that cannot be told.
    """
    try:
        with _open_archive(archive, encoding, otherwise, limits) as (entries, open_entry):
            check_free_disk(archive, entries, folder)
            refused = [(entry, reason) for entry, reason in _unpack_all(entries, open_entry, folder) if reason]
    except OSError as error:
        if error.errno is not None:  # a full disk, no permission
            raise
        raise _damaged(archive, error) from error
    except _DAMAGE as error:
        raise _damaged(archive, error) from error
    return [FoundFile(archive, printable(entry.name), "", "", reason) for entry, reason in refused]


def find_top(folder: Path) -> Path:
    """The folder in which the classes of an unpacked archive lie.

    Returns:
        `folder`, or the only folder in it, if that holds folders and all beside it is hidden.
    """
    visible = [entry for entry in folder.iterdir() if not is_hidden(_as_listed(entry))]
    if len(visible) != 1 or not visible[0].is_dir():
        return folder
    holds_folders = any(entry.is_dir() and not is_hidden(_as_listed(entry)) for entry in visible[0].iterdir())
    return visible[0] if holds_folders else folder


def _as_listed(entry: Path) -> str:
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _damaged(archive: Path, error: Exception) -> ArchiveError:
    reason = f"damaged, cut short, or no zip or tar archive ({error or type(error).__name__})"
    return ArchiveError(archive, reason, "fetch or make it again, or unpack it yourself and give the folder")


@contextmanager
def _open_archive(
    archive: Path, encoding: str | None, otherwise: str | None, limits: Limits
) -> Iterator[tuple[list[_Entry], Callable[[_Entry], IO[bytes]]]]:
    """Yields the entries, and a function that opens one of the kind "file"."""
    with archive.open("rb") as raw:
        start = raw.read(6)
        raw.seek(0)
        if start.startswith(b"PK"):
            with zipfile.ZipFile(raw) as opened:
                infos = opened.infolist()
                names = zip_names(infos, archive, encoding, otherwise)
                entries = list(limit_entries(archive, map(_describe_zipped, infos, names), limits))
                if any(info.flag_bits & 1 for info in infos):
                    raise ArchiveError(archive, "encrypted", "unpack it yourself with its password and give the folder")
                yield entries, lambda entry: opened.open(cast("zipfile.ZipInfo", entry.origin))
            return
        decompress = next((opener for magic, opener in _DECOMPRESSORS.items() if start.startswith(magic)), None)
        stream = cast("IO[bytes]", ShortReads(decompress(raw) if decompress else raw))
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            members = [entry.origin for entry in limit_entries(archive, map(_describe_tarred, tar), limits)]
            check_end(stream, tar.offset)
            decode_tar_names(cast("list[tarfile.TarInfo]", members), archive, encoding, otherwise)
            entries = [_describe_tarred(cast("tarfile.TarInfo", member)) for member in members]
            yield entries, lambda entry: cast("IO[bytes]", tar.extractfile(cast("tarfile.TarInfo", entry.origin)))


class ShortReads:
    """A file that refuses to be read into memory whole, as tarfile does with headers of any length.

    Args:
        file: binary, to be read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        """Some bytes; raises `tarfile.ReadError` where they are all, or too many."""
        if not 0 <= size <= LONGEST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._file.read(size)


def check_end(stream: IO[bytes], offset: int) -> None:
    """Makes sure that the listing ended at the end mark: at a damaged header tarfile stops without a word.

    Raises:
        tarfile.ReadError: it did not.
    """
    stream.seek(offset)
    if stream.read(TAR_BLOCK_BYTES) != bytes(TAR_BLOCK_BYTES):
        raise tarfile.ReadError(f"no entry and no end mark at byte {offset:,}")
    stream.read(CHUNK_BYTES)  # up to the checksum of the compression, which is tested there


def _describe_zipped(info: zipfile.ZipInfo, name: str) -> _Entry:
    mode = info.external_attr >> 16
    kind: Literal["file", "folder", "copy", "link", "device"] = "file"
    if info.is_dir() or name.endswith("\\"):
        kind = "folder"
    elif stat.S_ISLNK(mode):
        kind = "link"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        kind = "device"
    # Zips hold local time without its zone; taken as UTC, it is the same on every machine.
    year, month, *rest = info.date_time
    modified = timegm((year, min(max(month, 1), 12), *rest, 0, 0, 0))  # a zip without times has a month 0
    return _Entry(name.replace("\\", "/"), kind, info.file_size, modified, info)


def _describe_tarred(info: tarfile.TarInfo) -> _Entry:
    kind: Literal["file", "folder", "copy", "link", "device"] = "device"
    if info.isdir():
        kind = "folder"
    elif info.isreg():
        kind = "file"
    elif info.islnk():
        kind = "copy"
    elif info.issym():
        kind = "link"
    return _Entry(info.name, kind, info.size if info.isreg() else 0, int(info.mtime), info)


def _unpack_all(
    entries: list[_Entry], open_entry: Callable[[_Entry], IO[bytes]], folder: Path
) -> Iterator[tuple[_Entry, str]]:
    """Writes all entries; yields each with the reason why it was not written, or ""."""
    written: dict[PurePosixPath, Path] = {}
    for entry in entries:
        place = PurePosixPath(entry.name)
        reason = _refuse(entry)
        if reason:
            yield entry, reason
            continue
        target = folder / place
        try:
            if entry.kind == "folder":
                target.mkdir(parents=True, exist_ok=True)
            elif entry.kind == "copy":
                reason = _write_copy(entry, target, written)
            else:
                _write_file(entry, open_entry, target)
        except (FileExistsError, NotADirectoryError):
            reason = "the archive has another entry of this name"
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            reason = "its name is too long for the disk"
        if not reason:
            written[place] = target
        yield entry, reason


def _refuse(entry: _Entry) -> str:
    """Why an entry is not unpacked, or ""."""
    if any(map(_leads_out, _as_paths(entry.name))):
        return "its path leads out of the archive"
    if "\0" in entry.name:
        return "a name that no file can have"
    return {"link": "a link, which is not followed in an archive", "device": "a pipe or device"}.get(entry.kind, "")


def _as_paths(name: str) -> list[PurePath]:
    """How a name may be read: on Windows, a backslash leads into a folder, too; elsewhere it is one more letter."""
    return [PurePosixPath(name), *([PureWindowsPath(name)] if os.name == "nt" else [])]


def _leads_out(path: PurePath) -> bool:
    return bool(path.root or path.drive or ".." in path.parts or re.match("[A-Za-z]:/", path.as_posix()))


def _write_file(entry: _Entry, open_entry: Callable[[_Entry], IO[bytes]], target: Path) -> None:
    """Copies the content; "x" refuses to write over an earlier entry, also where case does not tell names apart."""
    target.parent.mkdir(parents=True, exist_ok=True)
    checksum = 0
    with open_entry(entry) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
            file.write(chunk)
    modified_ns = min(max(entry.modified, 0), LATEST_SECOND) * 10**9 + checksum % 10**9
    os.utime(target, ns=(modified_ns, modified_ns))


def _write_copy(entry: _Entry, target: Path, written: dict[PurePosixPath, Path]) -> str:
    """Tar stores the second name of a file as a hard link to the first; returns the reason if that is not there."""
    origin = written.get(PurePosixPath(cast("tarfile.TarInfo", entry.origin).linkname))
    if origin is None or not origin.is_file():
        return "a second name of a file that is not in the archive"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(origin, target)
    except OSError:  # a file system without links
        shutil.copy2(origin, target)
    return ""
