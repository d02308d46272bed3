"""Pictures in a store that fsspec knows (s3://, gs://, az://, hf://, https://): listed first, read where they lie."""

import hashlib
import io
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import unquote

from vitrine.data.sources.files import FoundFile, printable, reason_by_suffix
from vitrine.data.sources.hidden import reason_hidden
from vitrine.data.sources.places import (
    KEPT,
    LARGEST_BYTES,
    SAME_COMMAND,
    TOO_LARGE,
    UNKNOWN_SIZE,
    UNKNOWN_TIME,
    ListedStatus,
    SourceLostError,
    Status,
)
from vitrine.data.sources.stores import DISK_ERRORS, connect, explain, insist, kind_of, read
from vitrine.errors import UserError

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://?[^/]")  # one letter is a drive of Windows
AGAIN = f"If your credentials have expired, renew them; then {SAME_COMMAND}{KEPT}"
PARTIAL = ".partial"  # ends the name of a file that is on its way
# What stores tell of the state of a file: of its content, or else when it was changed.
TAGS = ("ETag", "etag", "md5Hash", "content_md5", "blob_id")
TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address; it is fetched whenever it is opened.

    Attributes:
        address: whole.
        witness: address of another file of the source: as long as that one can be read, the source is there.
        size: in bytes; -1 where the store does not tell.
        modified_ns: see `Status`; made of a checksum where the store tells one.
    """

    address: str
    witness: str
    size: int
    modified_ns: int

    def stat(self) -> Status:
        """As it was listed."""
        return ListedStatus(self.size, self.modified_ns)

    def open(self, _mode: Literal["rb"] = "rb", /) -> IO[bytes]:
        """Its bytes, in memory.

        Raises:
            OSError: this file cannot be had.
            SourceLostError: no other can, either.
        """
        try:
            return io.BytesIO(read(self.address))
        except FileNotFoundError:
            raise
        except Exception as error:  # each store has errors of its own
            if not _can_be_read(self.witness):
                lost = f"{self.address} cannot be read, nor can another file there ({explain(error)})"
                raise SourceLostError(f"{lost}. {AGAIN}") from error
            raise OSError(f"cannot be fetched ({explain(error)})") from error

    def fetch(self, target: Path) -> None:
        """Writes it to a file, whole or not at all.

        Raises:
            SourceLostError: it cannot be had.
        """
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PARTIAL}")
        store, path = connect(self.address)
        try:
            insist(partial(store.get_file, path, str(temporary), **kind_of(self.address).in_one_stream))
            temporary.replace(target)
        except Exception as error:  # each store has errors of its own
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise
            raise SourceLostError(f"{self.address} cannot be fetched ({explain(error)}). {AGAIN}") from error
        finally:
            temporary.unlink(missing_ok=True)

    def __str__(self) -> str:
        return self.address


def is_address(source: str) -> bool:
    """Whether a source is an address (`s3://bucket/pictures`), not a path."""
    return "://" in source and ADDRESS.match(source) is not None


def address_of(path: Path) -> str | None:
    """The address that became a path, in which two slashes are one; None where it never was one."""
    written = path.as_posix()  # on Windows its slashes were turned
    found = ADDRESS.match(written)
    if found is None or path.exists():
        return None
    return f"{found[1]}://{written.partition(':')[2].lstrip('/')}"


def check_address(address: str) -> None:
    """Makes sure that there is a way to a store, without asking it anything.

    Raises:
        UserError: a package is missing, or nothing knows such addresses.
    """
    connect(address)


def has_file(address: str) -> bool:
    """Whether a store tells of a file at an address; no where it does not answer, which reading tells better.

    Raises:
        UserError: a package is missing, or nothing knows such addresses.
    """
    store, root = connect(address)
    store.invalidate_cache()
    try:
        return _ask_for_file(store, root) is not None
    except Exception:  # each store has errors of its own
        return False


@dataclass(frozen=True)
class Listing:
    """What lies at an address.

    Attributes:
        address: of the folder, without a slash at its end.
        files: what the store tells of each, by its path from there, in order.
        query: what stands behind the path of a file of the web (`?download=true`), or "".
    """

    address: str
    files: Mapping[str, Mapping[str, Any]]
    query: str = ""

    def place(self, file: str) -> RemoteFile:
        """Where one of them lies."""
        told = self.files[file]
        return RemoteFile(f"{self.address}/{file}{self.query}", self._witness, _size_of(told), _changed_ns(told))

    def state(self) -> str:
        """A digest of names, sizes and times of change; "" where the store does not tell when a file was changed."""
        digest = hashlib.sha256()
        for file, told in self.files.items():
            if (changed := _changed_ns(told)) == UNKNOWN_TIME:
                return ""
            digest.update(f"{file!r} {_size_of(told)} {changed}\n".encode())
        return digest.hexdigest()

    @cached_property
    def _witness(self) -> str:
        """The first file that has a byte to be read."""
        first = next((file for file, told in self.files.items() if told.get("size") != 0), next(iter(self.files)))
        return f"{self.address}/{first}{self.query}"


def list_address(address: str) -> Listing:
    """Lists what lies at an address, of a folder or a file, and below.

    Raises:
        UserError: there is nothing, or it may not be read.
    """
    store, root = connect(address)
    store.invalidate_cache()  # a program may list twice, and the packages keep what they were told first
    try:
        file = _ask_for_file(store, root)
    except Exception as error:  # each store has errors of its own
        raise _explain_refusal(address, error) from error
    if file:
        path, mark, query = address.partition("?") if address.startswith("http") else (address, "", "")
        folder, _, name = path.rpartition("/")
        return Listing(folder, {name: file}, mark + query)
    try:
        entries = store.find(root, detail=True)
    except FileNotFoundError:
        entries = {}
    except Exception as error:  # each store has errors of its own
        raise _explain_refusal(address, error) from error
    folder, base = address.rstrip("/"), root.rstrip("/")
    files = _without_markers({path[len(base) + 1 :]: told for path, told in sorted(entries.items())})
    if not files:
        raise UserError(
            f"data.source: {address} holds no files, or is not there{_why_not(store, root)}; check the address "
            f"(capitals count), and whether your credentials are for it{_how_to_get_credentials(address)}"
        )
    return Listing(folder, files)


def _without_markers(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The files of a listing by their path, without the empty ones by which some tools mark a folder in a store.

    As a page of Google or a copying tool writes them, their name ends in a slash, which adlfs takes off.
    """
    folders = {""}
    for path in entries:
        folder = path.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]

    def is_marker(path: str, told: Mapping[str, Any]) -> bool:
        return told.get("size") == 0 and (path.endswith("/") or path in folders)

    return {
        path: told
        for path, told in entries.items()
        if path and told.get("type") != "directory" and not is_marker(path, told)
    }


def _explain_refusal(address: str, error: Exception) -> UserError:
    return UserError(
        f"data.source: {address} cannot be listed ({explain(error)}); check the address, your credentials for it"
        f"{_how_to_get_credentials(address)}, and the clock of this machine, which stores compare with theirs"
    )


def _how_to_get_credentials(address: str) -> str:
    how = kind_of(address).credentials
    return f" ({how})" if how else ""


def _ask_for_file(store: Any, root: str) -> Mapping[str, Any] | None:
    """What a store tells of a file; None where there is none of this name, or a folder.

    Raises:
        Exception: whatever the store raises where it refuses; each has errors of its own.
    """
    try:
        told: Mapping[str, Any] = store.info(root)
    except FileNotFoundError:
        return None
    # A web server shows a folder as a page.
    return told if told.get("type") == "file" and told.get("mimetype") != "text/html" else None


def _why_not(store: Any, root: str) -> str:
    """What a store says where its listing is empty, as that of a server is which does not answer."""
    try:
        store.info(root)
    except Exception as error:  # each store has errors of its own
        cause = error.__cause__ if isinstance(error, FileNotFoundError) else error
        return f" ({explain(cause)})" if isinstance(cause, OSError) else ""
    return ""


def describe_files(listing: Listing) -> Iterator[FoundFile]:
    """The files of a listing, by name, without labels."""
    is_web = listing.address.startswith("http")  # where names are written as in a browser's address
    for file in listing.files:
        place, name = listing.place(file), unquote(file) if is_web else file
        reason = reason_hidden(name) or reason_by_suffix(name) or (TOO_LARGE if place.size > LARGEST_BYTES else "")
        yield FoundFile(place, printable(name), "", "", reason)


def _size_of(told: Mapping[str, Any]) -> int:
    """Bytes of a file, as far as its store tells."""
    size = told.get("size")
    return UNKNOWN_SIZE if size is None else int(size)


def _changed_ns(told: Mapping[str, Any]) -> int:
    """A number that changes with a file: of its checksum, or else of the time of its change; -1 without either."""
    for name in TAGS:
        if tag := told.get(name):
            return int.from_bytes(hashlib.sha256(str(tag).encode()).digest()[:7])
    for name in TIMES:
        time = told.get(name)
        time = datetime.fromisoformat(time) if isinstance(time, str) else time
        if time is not None:
            return int((time.timestamp() if isinstance(time, datetime) else float(time)) * 1e9)
    return UNKNOWN_TIME


def _can_be_read(address: str) -> bool:
    try:
        read(address, end=1)
    except Exception:  # whatever it is, it is not a picture of ours that is at fault
        return False
    return True
