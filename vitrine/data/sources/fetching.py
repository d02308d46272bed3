"""Archives, tar shards and Parquet files of a store are fetched whole before they are read, each once."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine.data.sources.addresses import Listing, RemoteFile
from vitrine.errors import UserError

MEGABYTE = 10**6
FETCHED = "fetched"  # folder of a workspace; what lies there whole is not fetched again
YEAR_2000_NS, TEN_YEARS_NS = 946_684_800 * 10**9, 315_576_000 * 10**9


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
    missing = {target: place for target, place in places.items() if not _is_there(target, place)}
    total = sum(max(0, place.size) for place in places.values())
    needed = sum(max(0, place.size) for place in missing.values())
    _check_room(listing, folder, needed)
    done = total - needed
    for target, place in missing.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        place.fetch(target)
        os.utime(target, ns=(_time_of(place), _time_of(place)))
        done += max(0, place.size)
        progress(done // MEGABYTE, total // MEGABYTE)


def _is_there(target: Path, place: RemoteFile) -> bool:
    try:
        status = target.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (place.size, _time_of(place))


def _time_of(place: RemoteFile) -> int:
    return YEAR_2000_NS + place.modified_ns % TEN_YEARS_NS


def _check_room(listing: Listing, folder: Path, needed: int) -> None:
    """Makes sure that the disk has room for what is fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"data.source: {listing.address} takes {needed / 1e9:,.1f} GB, and the disk of {folder} has "
            f"{free / 1e9:,.1f} GB free; make room, or set data.prepared to a folder on a larger disk"
        )
