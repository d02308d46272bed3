"""The way to a store (S3, the Hub, a web server) by fsspec, and patience with one that refuses for the moment."""

import errno
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeVar

from vitrine.errors import UserError, first_line

Given = TypeVar("Given")
# Packages that the stores need and that are not among Vitrine's own: requirements-cloud.txt.
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)  # of the own disk
WAITS = (0.5, 2.0, 8.0)  # seconds before a store is asked once more
SERVER_ERROR, BUSY = 500, (408, 425, 429)  # what web servers say of themselves, and of too many questions


def read(address: str, end: int | None = None) -> bytes:
    """What lies at an address, or its first bytes; the store is asked again where it refuses for the moment.

    Args:
        address: whole.
        end: bytes; None: all.

    Raises:
        Exception: whatever the store raises; each has errors of its own.
    """
    store, path = connect(address)
    content: bytes = insist(partial(store.cat_file, path, start=None if end is None else 0, end=end))
    return content


def insist(ask: Callable[[], Given]) -> Given:
    """What a store gives, asked again where it refuses for the moment, as it does under load.

    Raises:
        Exception: whatever the store raises the last time.
    """
    for seconds in WAITS:
        try:
            return ask()
        except Exception as error:  # each store has errors of its own
            if not _may_pass(error):
                raise
            time.sleep(seconds)
    return ask()


def _may_pass(error: Exception) -> bool:
    """Whether a store may give a moment later what it refused."""
    if isinstance(error, FileNotFoundError | PermissionError):
        return False
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return False
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    return not isinstance(status, int) or status >= SERVER_ERROR or status in BUSY


def connect(address: str) -> tuple[Any, str]:
    """The store of an address, and the path there; nothing is asked yet.

    Raises:
        UserError: a package is missing, or nothing knows such addresses.
    """
    protocol = address.partition("://")[0]
    store = _store(protocol)
    return store, str(store._strip_protocol(address))


@cache
def _store(protocol: str) -> Any:
    """Opens the way to a kind of store, once in each process; credentials are those of its own tools.

    Raises:
        UserError: a package is missing, or nothing knows it.
    """
    import fsspec  # a tenth of a second that no other source needs

    try:
        return fsspec.filesystem(protocol)
    except ImportError as error:
        package = PACKAGES.get(protocol, "")
        advice = (
            f"pip install {package}, or pip install -r requirements-cloud.txt (or vitrine[cloud])"
            if package
            else first_line(error)
        )
        raise UserError(
            f"data.source: addresses that begin with {protocol}:// need another package: {advice}"
        ) from error
    except ValueError as error:
        known = ", ".join(f"{name}://" for name in ("s3", "gs", "az", "hf", "https"))
        raise UserError(f"data.source: addresses that begin with {protocol}:// are not known; {known} are") from error
