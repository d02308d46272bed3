"""A store of pictures in the memory of this process, which can be lost."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

ADDRESS = "memory://bucket"


def fill(files: Mapping[str, bytes]) -> str:
    """Puts files below `ADDRESS`, and nothing else."""
    store = fsspec.filesystem("memory")
    if store.exists("/bucket"):
        store.rm("/bucket", recursive=True)
    for name, content in files.items():
        store.pipe_file(f"/bucket/{name}", content)
    return ADDRESS


def put_folder(folder: Path) -> str:
    """Puts all files of a folder there, as one would copy a prepared data set into a bucket."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return fill({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files that are copied from the store while it is open."""
    fetched: list[str] = []

    def get_file(self, path, target, **_):
        fetched.append(path.removeprefix("/bucket/"))
        Path(target).write_bytes(self.cat_file(path))  # opened by two threads, a file of this store has one position

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "get_file", get_file)
        yield fetched


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch, after: int = 0, only: str = "") -> Iterator[None]:
    """Lets the store refuse whatever is asked after some files, or one name alone."""
    left = [after]

    def check(path: str) -> None:
        left[0] -= 1
        if (only and only in path) or (not only and left[0] < 0):
            raise PermissionError("ExpiredToken: The provided token has expired.\nrequest 17")

    with _checked(monkeypatch, check):
        yield


@contextmanager
def overloaded(monkeypatch: pytest.MonkeyPatch, only: str, times: int) -> Iterator[list[float]]:
    """Lets the store refuse files of a name so many times, as under load; yields the pauses that are made meanwhile."""
    left, pauses = [times], list[float]()

    def check(path: str) -> None:
        if only in path and left[0] > 0:
            left[0] -= 1
            raise OSError("SlowDown: Please reduce your request rate.")

    with _checked(monkeypatch, check), monkeypatch.context() as patch:
        patch.setattr("vitrine.data.sources.stores.time.sleep", pauses.append)
        yield pauses


@contextmanager
def _checked(monkeypatch: pytest.MonkeyPatch, check: Callable[[str], None]) -> Iterator[None]:
    read, get = MemoryFileSystem.cat_file, MemoryFileSystem.get_file

    def cat_file(self, path, **options):
        check(path)
        return read(self, path, **options)

    def get_file(self, path, *words, **options):
        check(path)
        return get(self, path, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "cat_file", cat_file)
        patch.setattr(MemoryFileSystem, "get_file", get_file)
        yield
