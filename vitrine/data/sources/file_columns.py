"""Files of a source as columns, in about 35 bytes each where the objects take 230: there may be millions."""

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import FileBelow, Place
from vitrine.records.text_column import TextColumn

SHARED = ("label_name", "split", "left_out", "group", "subgroup")  # by many files each


class FileColumns(Sequence[FoundFile]):
    """Gives the files of a list; each is made when it is asked for.

    Args:
        files: the list, which need not be kept.
    """

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._files = TextColumn(one.file for one in files)
        self._shared = [_SharedTexts(getattr(one, name) for one in files) for name in SHARED]
        folders = [_folder_of(one) for one in files]
        self._folders = _SharedTexts(folder or "" for folder in folders)
        others = [one.path if folder is None else None for one, folder in zip(files, folders, strict=True)]
        self._others: list[Place | None] = others if any(others) else []

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, row: int) -> FoundFile: ...
    @overload
    def __getitem__(self, row: slice) -> list[FoundFile]: ...
    def __getitem__(self, row: int | slice) -> FoundFile | list[FoundFile]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        file = self._files[row]
        other = self._others[row] if self._others else None
        path = FileBelow(self._folders[row], file) if other is None else other
        return FoundFile(path, file, *(texts[row] for texts in self._shared))


def _folder_of(found: FoundFile) -> str | None:
    """With which its name makes its path; None where the name is spelled otherwise, or for another kind of place."""
    path = found.path
    return path.folder if isinstance(path, FileBelow) and path.file == found.file else None


class _SharedTexts:
    """Texts of which few differ."""

    def __init__(self, texts: Iterable[str]) -> None:
        numbers: dict[str, int] = {}
        found = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int32)
        self._numbers: npt.NDArray[np.integer] = found.astype(np.min_scalar_type(len(numbers)))
        self._texts = list(numbers)

    def __getitem__(self, row: int) -> str:
        return self._texts[int(self._numbers[row])]
