"""What many files share of where they lie, so that a place of its own need not be kept for each of millions."""

from pathlib import Path
from typing import NamedTuple

from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import FileBelow, Place, TarMember


class BelowFolder(NamedTuple):
    """Files below a folder.

    Attributes:
        folder: see `FileBelow`.
        shown: what stands in the name of a file before its path there.
    """

    folder: str
    shown: str

    def place(self, file: str, _numbers: tuple[int, int]) -> Place:
        """Where the file of a name lies."""
        return FileBelow(self.folder, file[len(self.shown) :])

    def anywhere(self) -> "BelowFolder":
        """The same for a process that is started in another folder."""
        folder = Path(self.folder)
        return self if folder.is_absolute() else self._replace(folder=str(folder.absolute()))


class InArchive(NamedTuple):
    """Files in a tar archive; each has its offset and size for numbers; see `TarMember`."""

    archive: Path
    modified_ns: int

    def place(self, _file: str, numbers: tuple[int, int]) -> Place:
        """Where the file of two numbers lies."""
        return TarMember(self.archive, *numbers, self.modified_ns)

    def anywhere(self) -> "InArchive":
        """See `BelowFolder.anywhere`."""
        return self if self.archive.is_absolute() else self._replace(archive=self.archive.absolute())


class AtAddress(NamedTuple):
    """Files in a store; each has its size and time of change for numbers; see `RemoteFile`.

    Attributes:
        before: what stands in an address before the name of the file.
        after: what stands behind it.
        witness: see `RemoteFile`.
    """

    before: str
    after: str
    witness: str

    def place(self, file: str, numbers: tuple[int, int]) -> Place:
        """Where the file of a name lies."""
        return RemoteFile(f"{self.before}{file}{self.after}", self.witness, *numbers)

    def anywhere(self) -> "AtAddress":
        """Itself."""
        return self


Origin = BelowFolder | InArchive | AtAddress
NO_NUMBERS = (0, 0)


def find_origin(found: FoundFile) -> tuple[Origin | None, tuple[int, int]]:
    """What a file shares with others of where it lies, and two numbers of its own; None where that does not make it."""
    path, file = found.path, found.file
    if isinstance(path, FileBelow):
        if path.file == file:
            return BelowFolder(path.folder, ""), NO_NUMBERS
        if file.endswith(path.file):
            return BelowFolder(path.folder, file.removesuffix(path.file)), NO_NUMBERS
    elif isinstance(path, TarMember):
        return InArchive(path.archive, path.modified_ns), (path.offset, path.size)
    elif isinstance(path, RemoteFile):
        before, name, after = path.address.rpartition(file)
        if name:
            return AtAddress(before, after, path.witness), (path.size, path.modified_ns)
    return None, NO_NUMBERS
