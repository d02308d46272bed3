"""Archives, tar shards and Parquet files of a store are fetched whole before they are read, each once."""

import os
import secrets
import shutil
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vitrine.data.sources.addresses import PARTIAL, Listing, RemoteFile
from vitrine.errors import UserError
from vitrine.records.disk_room import check_room
from vitrine.records.locks import hold_lock, is_locked

MEGABYTE = 10**6
FETCHED = "fetched"  # folder of a workspace; what lies there whole is not fetched again
USER = ".user"  # ends the name of a lock, which each process holds that reads what was fetched
YEAR_2000_NS, TEN_YEARS_NS = 946_684_800 * 10**9, 315_576_000 * 10**9


@dataclass
class Fetched:
    """What was fetched for a job.

    Attributes:
        folder: takes it; None: it goes with the workspace of the process.
        is_needless: whether the job is done; else it stays for the next process that is given the same command.
    """

    folder: Path | None = None
    is_needless: bool = False


@contextmanager
def fetched_beside(output: Path | None) -> Iterator[Fetched]:
    """Keeps what is fetched in `.<name>.fetched` beside an output, until the job is done.

    Several processes may do so at once, such as the ranks of a job: one of them fetches, and whoever ends last after
    the job is done removes it.

    Args:
        output: file or folder; None keeps nothing.
    """
    if output is None:
        yield Fetched()
        return
    folder = output.absolute().with_name(f".{output.name}.{FETCHED}")
    folder.mkdir(parents=True, exist_ok=True)
    fetched = Fetched(folder)
    try:
        with hold_lock(folder / f".{secrets.token_hex(4)}{USER}", is_removed=True):
            yield fetched
    finally:
        if fetched.is_needless and not any(map(is_locked, folder.glob(f".*{USER}"))):
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # it may hold something
            folder.rmdir()


@contextmanager
def named_by_address(folder: Path, address: str) -> Iterator[None]:
    """Has messages name an address where they would name the folder that it was fetched into, which is gone then.

    Args:
        folder: that holds what was fetched.
        address: where it came from.
    """
    try:
        yield
    except UserError as error:
        error.reword(str(folder), address)
        raise


def fetch_files(listing: Listing, folder: Path, progress: Callable[[int, int], None] = lambda *_: None) -> None:
    """Copies files of a store into a folder; those that an earlier call fetched whole stay as they are.

    Their times of change follow from what the store tells of their state, so that what has not changed looks so.

    Args:
        listing: of the files.
        folder: takes them; is made.
        progress: called with the megabytes that are there and all of them.

    Raises:
        UserError: the disk has no room, or a name leads out of the folder.
        SourceLostError: the store does not answer any more; what was fetched stays.
        OSError: one of them cannot be had.
    """
    places = {folder / file: listing.place(file) for file in listing.files}
    for target in places:
        if not target.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"data.source: {listing.address} has a file whose name leads out of its folder ({target.name})"
            )
    folder.mkdir(parents=True, exist_ok=True)
    with hold_lock(folder.with_name(f".{folder.name}.lock"), is_removed=True):  # others wait, and find it all there
        _remove_others(folder, places)
        missing = {target: place for target, place in places.items() if not _is_there(target, place)}
        total, needed = _count_bytes(places.values()), _count_bytes(missing.values())
        advice = "make room, or set data.prepared to a folder on a larger disk"
        check_room(f"data.source: {listing.address}", folder, needed, advice)
        done = total - needed
        for target, place in missing.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            place.fetch(target)
            os.utime(target, ns=(_time_of(place), _time_of(place)))
            done += max(0, place.size)
            progress(done // MEGABYTE, total // MEGABYTE)


def _remove_others(folder: Path, wanted: Container[Path]) -> None:
    """Removes what an earlier call fetched and the listing has no more; it would be taken for a part of the source."""
    for path in folder.rglob("*"):
        if path.is_file() and path not in wanted and path.suffix != PARTIAL:
            path.unlink()


def _count_bytes(places: Iterable[RemoteFile]) -> int:
    """Of those whose size is known."""
    return sum(max(0, place.size) for place in places)


def _is_there(target: Path, place: RemoteFile) -> bool:
    try:
        status = target.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (place.size, _time_of(place))


def _time_of(place: RemoteFile) -> int:
    return YEAR_2000_NS + place.modified_ns % TEN_YEARS_NS
