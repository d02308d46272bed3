"""The folder in which a prepared data set is made: one process at a time, and an interruption loses no work."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine.data.sources.fetching import FETCHED
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError
from vitrine.records.atomic import put_in_place
from vitrine.records.locks import hold_lock, is_locked_by_system
from vitrine.records.prepared import FACTS, MANIFEST, PICTURES

UNPACKED = "unpacked"


def check_place(folder: Path, source: Path) -> None:
    """Makes sure that writing a prepared data set to `folder` overwrites nothing but an older one.

    Raises:
        UserError: the folder holds something else, it and the source lie within each other, or its name cannot be used.
    """
    final, pictures = folder.resolve(), source.resolve()
    if "::" in str(final):  # `datasets` would take it for two addresses in one
        raise UserError(f"data.prepared: {final} has '::' in its name; choose a folder without")
    if final.is_relative_to(pictures) or pictures.is_relative_to(final):
        raise UserError(
            f"data.prepared: {folder} and data.source {source} lie within each other, and the source is never changed; "
            "run the command in another folder, or set data.prepared"
        )
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not _is_prepared(folder)):
        raise UserError(
            f"data.prepared: {folder} is there already, is not a prepared data set, and is not overwritten; "
            "choose another name or data.prepared"
        )


def _is_prepared(folder: Path) -> bool:
    """Whether a folder holds a prepared data set, be it one that lost a file."""
    return (folder / FACTS).exists() or ((folder / MANIFEST).exists() and (folder / PICTURES).is_dir())


class AtWorkError(UserError):
    """Another process is preparing the same data set."""


@contextmanager
def working_folder(final: Path) -> Iterator[Path]:
    """Yields `.<name>.unfinished` beside `final`, which takes its name on success.

    Where it does not come to that, be it for a full disk, a mistake in the recipe, Ctrl-C or a power cut, what was read
    and fetched stays, and the next call yields the folder again with what it holds. Without any of it the folder goes.

    Raises:
        AtWorkError: another process is at work on the same data set.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    at_work = AtWorkError(
        f"data.prepared: another process is preparing {final} just now; wait for it, or choose another name"
    )
    folder = unfinished_folder(final)
    with hold_lock(_lock_of(final), at_work, is_removed=True):
        try:
            folder.mkdir(exist_ok=True)
            yield folder
            put_in_place(folder, final)
        except BaseException:
            if not _is_scanned(folder) and not (folder / UNPACKED / FETCHED).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _lock_of(final: Path) -> Path:
    return final.with_name(f".{final.name}.lock")


def is_at_work(final: Path) -> bool:
    """Whether a process prepares a data set just now; no where its disk has no locks, for nobody can know there."""
    return is_locked_by_system(_lock_of(final))


def unfinished_folder(final: Path) -> Path:
    """Where a data set is made."""
    return final.with_name(f".{final.name}.unfinished")


def _is_scanned(folder: Path) -> bool:
    """Whether pictures were read, which may have taken hours."""
    return (folder / MANIFEST).exists()


@contextmanager
def unpacking_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty folder for the pictures of an archive or a data set, which goes when they are prepared.

    What was fetched over a network stays in it for the next call, unless it was itself what could not be read.

    Args:
        folder: in which it is made.
    """
    workspace = folder / UNPACKED
    _clear(workspace)
    workspace.mkdir(exist_ok=True)
    try:
        yield workspace
    except BaseException as error:
        if _is_scanned(folder) or isinstance(error, (KeyboardInterrupt, OSError, SourceLostError)):
            _clear(workspace)
        else:
            shutil.rmtree(workspace, ignore_errors=True)
        raise
    shutil.rmtree(workspace, ignore_errors=True)


def _clear(workspace: Path) -> None:
    for path in workspace.iterdir() if workspace.exists() else ():
        if path.name != FETCHED:
            shutil.rmtree(path, ignore_errors=True)


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk, or one's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
