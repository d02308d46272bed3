"""Files by which processes, also on other machines that share a disk, keep each other out."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def hold_lock(
    path: Path, refusal: Exception | None = None, is_removed: bool = False, unlockable: Exception | None = None
) -> Iterator[None]:
    """Keeps out every other process that asks for the same lock; the system lets go when this one ends, however.

    Args:
        path: of the lock.
        refusal: raised where another process has it; None waits for it.
        is_removed: whether the file goes afterwards.
        unlockable: raised where the disk has no locks, as those of some networks; None works without, and nobody is
            kept out.
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
        yield
    finally:
        if lock.is_locked:
            try:
                if is_removed and os.name != "nt":  # where nothing open can be removed; filelock does it later there
                    path.unlink(missing_ok=True)  # while it is held: later, it might be somebody else's
            finally:
                lock.release()


def is_locked(path: Path) -> bool:
    """Whether another process holds a lock; no where nobody can know: a disk without locks, a file of another user."""
    if not path.exists():
        return False  # asking leaves no file behind
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except (NotImplementedError, OSError):
        return False


def _cannot_lock(error: NotImplementedError | OSError) -> bool:
    """Whether a lock failed because its disk has none; `filelock` says so in one way, some systems in others."""
    return isinstance(error, NotImplementedError) or error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
