"""Files by which processes, also on other machines that share a disk, keep each other out."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from vitrine.errors import UserError

MARKER = ".marker"  # ending of the file that stands for a lock where the disk has none


@contextmanager
def hold_lock(
    path: Path, refusal: Exception | None = None, is_removed: bool = False, unlockable: Exception | None = None
) -> Iterator[None]:
    """Keeps out every other process that asks for the same lock; the system lets go when this one ends, however.

    Some disks, mostly of networks, have no locks. There a refusal rests on a file that only one process can make; after
    a kill it stays until a process of the same machine asks again, or somebody removes it.

    Args:
        path: of the lock.
        refusal: raised where another process has it; None waits for it, and keeps nobody out where there are no locks:
            a file that was left behind would be waited for without end.
        is_removed: whether the file goes afterwards.
        unlockable: raised where the disk has no locks, in place of making a file.
    """
    lock = FileLock(path, timeout=-1 if refusal is None else 0)
    try:
        lock.acquire()
    except Timeout:
        if refusal is None:
            raise
        raise refusal from None
    except (NotImplementedError, OSError) as error:
        if not _cannot_lock(error):
            raise
        if unlockable is not None:
            raise unlockable from None
    try:
        with nullcontext() if lock.is_locked or refusal is None else _hold_marker(path, refusal):
            yield
    finally:
        try:
            if is_removed and os.name != "nt":  # where nothing open can be removed; filelock does it later there
                path.unlink(missing_ok=True)  # while it is held: later, it might be somebody else's
        finally:
            if lock.is_locked:
                lock.release()


@contextmanager
def hold_output(path: Path | None) -> Iterator[None]:
    """Keeps other processes off a file while it is written: two that go on with one table would give it each row twice.

    Args:
        path: of `--output`; what is no file, or can have no lock beside it, is held by nobody.

    Raises:
        UserError: another process writes it.
    """
    if path is None or not _can_be_held(path):
        yield
        return
    refusal = UserError(f"--output: another process writes {path} just now; wait for it, or give another --output")
    with hold_lock(path.absolute().with_name(f".{path.name}.lock"), refusal, is_removed=True):
        yield


def _can_be_held(path: Path) -> bool:
    folder = path.absolute().parent
    return (path.is_file() or not path.exists()) and folder.is_dir() and os.access(folder, os.W_OK)


@contextmanager
def _hold_marker(path: Path, refusal: Exception) -> Iterator[None]:
    """Keeps others out by a file that names its process."""
    marker = _marker_of(path)
    lock = SoftFileLock(marker, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        advice = f"; this disk has no locks, so if none is at work any more, remove {marker}"
        raise type(refusal)(f"{refusal}{advice}") from None
    try:
        yield
    finally:
        lock.release()


def _marker_of(path: Path) -> Path:
    return path.with_name(path.name + MARKER)


def is_locked(path: Path) -> bool:
    """Whether another process holds a lock; no where nobody can know, as of a file of another user."""
    marker = _marker_of(path)
    locks = [FileLock(path, timeout=0)] if path.exists() else []  # asking leaves no file behind
    locks += [SoftFileLock(marker, timeout=0)] if marker.exists() else []
    return any(map(_is_held, locks))


def is_locked_by_system(path: Path) -> bool:
    """Whether a process holds a lock that the system lets go when it ends; a file that stands for one may outlast it.

    Args:
        path: of the lock.
    """
    if sys.platform == "win32":
        return path.exists() and _is_held(FileLock(path, timeout=0))
    import fcntl

    try:
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_held(lock: BaseFileLock) -> bool:
    try:
        with lock:
            return False
    except Timeout:
        return True
    except (NotImplementedError, OSError):
        return False


def _cannot_lock(error: NotImplementedError | OSError) -> bool:
    """Whether a lock failed because its disk has none; `filelock` says so in one way, some systems in others."""
    return isinstance(error, NotImplementedError) or error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
