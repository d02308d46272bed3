"""Files of a source as columns, in about 35 bytes each where the objects take 230: there may be millions."""

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import FileBelow, Place

SHARED = ("label_name", "split", "left_out", "group", "subgroup")  # by many files each


class FileColumns(Sequence[FoundFile]):
    """Gives the files of a list; each is made when it is asked for.

    Args:
        files: the list, which need not be kept.
    """

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._files = pa.array([one.file for one in files], pa.large_string())
        self._shared = [_SharedTexts(getattr(one, name) for one in files) for name in SHARED]
        self._folders = _SharedTexts(one.path.folder if _is_plain(one) else "" for one in files)
        self._others: dict[int, Place] = {row: one.path for row, one in enumerate(files) if not _is_plain(one)}

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
        file = self._files[row].as_py()
        path = self._others.get(row) or FileBelow(self._folders[row], file)
        return FoundFile(path, file, *(texts[row] for texts in self._shared))


def _is_plain(found: FoundFile) -> bool:
    """Whether its path follows from its name and a folder; names that cannot be printed are spelled otherwise."""
    return isinstance(found.path, FileBelow) and found.path.file == found.file


class _SharedTexts:
    """Texts of which few differ."""

    def __init__(self, texts: Iterable[str]) -> None:
        numbers: dict[str, int] = {}
        found = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int32)
        self._numbers: npt.NDArray[np.integer] = found.astype(np.min_scalar_type(len(numbers)))
        self._texts = list(numbers)

    def __getitem__(self, row: int) -> str:
        return self._texts[self._numbers[row]]
