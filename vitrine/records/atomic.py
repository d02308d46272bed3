"""Files and folders that are written whole or not at all: temporary name on the same file system, then rename."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from vitrine.errors import UserError

BEGINNING = 4096  # bytes of a file that tell of what kind it is
PAGE_MARK = b"<!doctype html>"
JUNCTION = 0xA0000003  # the kind of a link to a folder, as Windows numbers it (IO_REPARSE_TAG_MOUNT_POINT)


@contextmanager
def new_folder(final: Path, replace: bool = False) -> Iterator[Path]:
    """Yields a temporary folder beside `final` that takes its name on success and is removed on failure.

    Args:
        final: the folder's name when it is complete.
        replace: whether a folder of that name makes way; it stays untouched until the new one is complete.

    Raises:
        FileExistsError: `final` exists and `replace` is false.
    """
    if final.exists() and not replace:
        raise FileExistsError(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}.partial")
    temporary.mkdir()  # tempfile's own would be for its owner alone, whatever the umask says
    try:
        yield temporary
        put_in_place(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_replaceable(folder: Path, marks: Sequence[str], what: str) -> None:
    """Makes sure that a folder may make way for a new one of its kind.

    Args:
        folder: that shall be made.
        marks: files by which an older one is known.
        what: "a bundle of Vitrine", for the message.

    Raises:
        UserError: it is a file, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give the name of a folder to make")
    if folder.is_dir() and any(folder.iterdir()) and not all((folder / mark).is_file() for mark in marks):
        raise UserError(f"{folder} holds something else than {what}; give another folder, or empty this one")


def check_replaceable_file(option: str, file: Path, mark: bytes, what: str) -> None:
    """Makes sure that a file may make way for a new one of its kind: a slip must not cost a picture.

    Args:
        option: that named it, for the message.
        file: that shall be written.
        mark: what the beginning of an older one holds, in small letters.
        what: "table of answers", for the message.

    Raises:
        UserError: it is something else.
    """
    if not file.is_file():
        return
    with file.open("rb") as stream:
        begins = stream.read(BEGINNING).lower()
    if begins and mark not in begins:
        raise UserError(f"{option}: {file} is there already, and is no {what}; give another name, or remove it")


def put_in_place(temporary: Path, final: Path) -> None:
    """Renames; an older folder is moved aside first, since only an empty folder can be renamed over."""
    if not final.exists():
        temporary.rename(final)
        return
    aside = temporary.with_suffix(".replaced")
    shutil.rmtree(aside, ignore_errors=True)  # of a call that was killed between the two renames
    final.rename(aside)
    try:
        temporary.rename(final)
    except BaseException:
        aside.rename(final)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_parts`, of one part."""
    write_parts(path, [data])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Writes a file whole or not at all; see `new_file`."""
    with new_file(path) as temporary, temporary.open("xb") as file:
        file.writelines(parts)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yields a temporary name beside a file for somebody to write to; on success it is made sure of and takes the name.

    Who may read it is for the umask to say, as for every file that a program makes.

    Raises:
        OSError: it cannot be written; names `path`, not the temporary file.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        _remove(temporary)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # what went wrong first is what counts
        temporary.unlink(missing_ok=True)


def follow_umask(folder: Path) -> None:
    """Opens files that a library wrote for their owner alone to whom the umask lets read new files.

    Args:
        folder: whose files are meant, not those of folders below it.
    """
    probe = folder / f".{secrets.token_hex(4)}"
    probe.touch()  # asking for the umask would set it, for all threads
    mode = probe.stat().st_mode
    probe.unlink()
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink() and path.stat().st_mode != mode:
            path.chmod(mode & 0o777)


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def point_to(link: Path, target: Path) -> None:
    """Makes `link` a relative symbolic link to the folder `target`, replacing an older link at once.

    Windows makes symbolic links in its developer mode only; otherwise the link is a junction there, which holds the
    full path. It replaces no link either, so that for a moment there is none.
    """
    temporary = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    _make_link(temporary, target)
    if os.name == "nt":
        _remove_link(link)
    temporary.replace(link)


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link, or a junction of Windows, wherever it leads."""
    if path.is_symlink():
        return True
    try:
        return getattr(path.lstat(), "st_reparse_tag", 0) == JUNCTION
    except OSError:
        return False


def _make_link(link: Path, target: Path) -> None:
    try:
        link.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    except OSError:
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateJunction(str(target.resolve()), str(link))
        else:
            raise


def _remove_link(link: Path) -> None:
    if is_link(link):
        link.rmdir() if os.name == "nt" else link.unlink()
