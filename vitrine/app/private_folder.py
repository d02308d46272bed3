"""Where uploads lie while the page runs, and what Gradio must be told before it is imported."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

QUIET = {
    # After every answer Gradio would sum up its records of all answers before, for a page that is switched off here.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}
SETTING = "GRADIO_TEMP_DIR"
PREFIX = "vitrine-app-"
LOCK = ".in_use"
YOUNG_SECONDS = 60  # a folder as young as this may not be locked yet by the process that makes it


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yields a folder that only this user can read, and removes it with all uploads at the end.

    What was left by a process that was killed is removed first. Gradio reads these settings when it is imported, so
    enter this before importing anything that imports it.
    """
    remove_left_uploads(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name).resolve()
        os.environ.update(QUIET)
        before = os.environ.get(SETTING)
        os.environ[SETTING] = str(folder)
        try:
            with FileLock(folder / LOCK):  # the system opens it when this process ends, in whatever way
                yield folder
        finally:
            if before is None:
                os.environ.pop(SETTING, None)
            else:  # of another page in this process
                os.environ[SETTING] = before


def remove_left_uploads(place: Path) -> None:
    """Removes the folders of uploads of this user whose processes are gone.

    Args:
        place: the folder in which they lie.
    """
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):  # it is somebody else's, in use, or was removed a moment ago
            if _may_be_left(folder):
                with FileLock(folder / LOCK, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)  # on Windows the lock stays as long as it is held


def _may_be_left(folder: Path) -> bool:
    found = folder.lstat()
    is_ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    is_young = time.time() - found.st_mtime < YOUNG_SECONDS
    return is_ours and not folder.is_symlink() and (folder / LOCK).is_file() and not is_young
