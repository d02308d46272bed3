"""The way to a store (S3, Google, Azure, the Hub, a web server) by fsspec, and patience with one that refuses."""

import errno
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeVar

from vitrine.errors import UserError, first_line

Given = TypeVar("Given")


@dataclass(frozen=True)
class Kind:
    """A kind of store.

    Attributes:
        package: leads to it, and is not among Vitrine's own (requirements-cloud.txt); "" where it needs none.
        credentials: how to get some, as an imperative.
        in_one_stream: options that have the package fetch a file in one stream. In parts at a time, s3fs holds up to a
            gigabyte of a file in memory (findings), adlfs a third of it, gcsfs a fifth; and gcsfs asks thrice a file.
        logger: the package, or what it is made of, writes warnings and tracebacks there, for each file and attempt.
    """

    package: str
    credentials: str
    in_one_stream: Mapping[str, int] = field(default_factory=dict)
    logger: str = ""


S3 = Kind("s3fs", "run `aws configure`", {"max_concurrency": 1})
GOOGLE = Kind("gcsfs", "run `gcloud auth application-default login`", {"concurrency": 1}, "gcsfs")
AZURE = Kind(
    "adlfs",
    "set AZURE_STORAGE_CONNECTION_STRING, or set AZURE_STORAGE_ACCOUNT_NAME and run `az login`",
    {"max_concurrency": 1},
    "azure",
)
HUB = Kind("", "run `hf auth login`", logger="huggingface_hub.utils._http")
KINDS = {
    "s3": S3, "s3a": S3, "gs": GOOGLE, "gcs": GOOGLE, "az": AZURE, "abfs": AZURE, "abfss": AZURE, "hf": HUB,
}  # fmt: skip
OTHER = Kind("", "")
KNOWN = ", ".join(f"{name}://" for name in ("s3", "gs", "az", "hf", "https"))
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)  # of the own disk
WAITS = (0.5, 2.0, 8.0)  # seconds before a store is asked once more
PATIENT_SECONDS = 20.0  # a package that took as long has asked again itself, up to a minute
FORBIDDEN = "Forbidden: "  # begins what gcsfs says of 403
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
    start = time.monotonic()
    for seconds in WAITS:
        try:
            return ask()
        except Exception as error:  # each store has errors of its own
            if not _may_pass(error) or time.monotonic() - start > PATIENT_SECONDS:
                raise
            time.sleep(seconds)
    return ask()


def _may_pass(error: Exception) -> bool:
    """Whether a store may give a moment later what it refused."""
    if isinstance(error, FileNotFoundError | PermissionError):
        return False
    if isinstance(error, OSError) and (error.errno in DISK_ERRORS or str(error).startswith(FORBIDDEN)):
        return False
    given = getattr(error, "status", None) or getattr(error, "code", None)
    status = given or getattr(getattr(error, "response", None), "status_code", None)
    return not isinstance(status, int) or status >= SERVER_ERROR or status in BUSY


def explain(error: BaseException) -> str:
    """What a store says of a refusal, in a line: the server's own words where its package puts them behind others."""
    told = str(getattr(error, "server_message", None) or error)  # of the Hub
    if told.startswith(FORBIDDEN):  # an address, and in the next line why
        told = told.partition("\n")[2] or told
    return first_line(Exception(told)) if told.strip() else first_line(error)


def kind_of(address: str) -> Kind:
    """The kind of store of an address; one without a package where it is none of those with one."""
    return KINDS.get(address.partition("://")[0], OTHER)


def connect(address: str) -> tuple[Any, str]:
    """The store of an address, and the path there; nothing is asked yet.

    Raises:
        UserError: a package or credentials are missing, or nothing knows such addresses.
    """
    protocol = address.partition("://")[0]
    # Some addresses name an account or a server: abfss://pictures@account.dfs.core.windows.net.
    store = _store(protocol, frozenset(_class_of(protocol)._get_kwargs_from_urls(address).items()))
    return store, str(store._strip_protocol(address))


@cache
def _store(protocol: str, options: frozenset[tuple[str, Any]]) -> Any:
    """Opens the way to a store, once in each process; credentials are those of its own tools.

    Raises:
        UserError: it cannot be opened as things are.
    """
    kind = KINDS.get(protocol, OTHER)
    if kind.logger and logging.getLogger(kind.logger).level == logging.NOTSET:
        logging.getLogger(kind.logger).setLevel(logging.CRITICAL)  # one message is enough, and it is ours
    try:
        return _class_of(protocol)(**dict(options))
    except Exception as error:  # each store has errors of its own
        advice = kind.credentials or f"what fsspec's {protocol}:// needs can be set in FSSPEC_{protocol.upper()}_..."
        raise UserError(
            f"data.source: the way to {protocol}:// cannot be opened ({first_line(error)}); {advice}"
        ) from error


@cache
def _class_of(protocol: str) -> Any:
    """What fsspec calls a filesystem.

    Raises:
        UserError: a package is missing, or nothing knows such addresses.
    """
    import fsspec  # a tenth of a second that no other source needs

    # Else gcsfs asks by gRPC for the kind of bucket before each file, for a minute where nothing answers (findings).
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    package = KINDS.get(protocol, OTHER).package
    try:
        return fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        if isinstance(error, ValueError) and not package:
            raise UserError(
                f"data.source: addresses that begin with {protocol}:// are not known; {KNOWN} are"
            ) from error
        advice = f"pip install {package}, or pip install -r requirements-cloud.txt (or vitrine[cloud])"
        raise UserError(
            f"data.source: addresses that begin with {protocol}:// need another package: "
            f"{advice if package else first_line(error)}"
        ) from error
