"""What earlier scans saw, so that files which are as they were need not be read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

from vitrine.data.manifest.scan import KEPT, Row, Thumbnails, source_words
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import UNKNOWN_SIZE, UNKNOWN_TIME
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import THUMBNAILS


@dataclass(frozen=True)
class ScanMemory:
    """What earlier scans saw; a file of the same name, size and time of change need not be read again.

    Attributes:
        scans: the manifest of each, in columns, and its thumbnails, mapped from their file.
        places: by file name, its row, counted over all scans.
    """

    scans: tuple[tuple[pa.Table, Thumbnails], ...]
    places: dict[str, int]

    @classmethod
    def read(cls, folders: Sequence[Path]) -> Self:
        """The memory of prepared or unfinished folders, the first that knows a file; without them it is empty."""
        scans: list[tuple[pa.Table, Thumbnails]] = []
        places: dict[str, int] = {}
        start = 0
        for folder in reversed(folders):
            try:
                manifest = read_manifest(folder)
                thumbnails = np.load(folder / THUMBNAILS, mmap_mode="r")
            except (UserError, OSError, ValueError):  # none, an older version's, or cut short: all is read again
                continue
            if len(thumbnails) == len(manifest):
                opened = manifest["sha256"] != ""  # what could not be opened may be there the next time
                for file in manifest["file"][~opened]:
                    places.pop(file, None)
                places.update(
                    (str(file), start + int(row))
                    for row, file in zip(np.flatnonzero(opened), manifest["file"][opened], strict=True)
                )
                scans.append((pa.Table.from_pandas(manifest, preserve_index=False), thumbnails))
                start += len(manifest)
        return cls(tuple(scans), places)

    def knows(self, found: FoundFile) -> bool:
        """Whether nothing of a file need be read: it is as it was, or its source left it out."""
        return bool(found.left_out) or self._find_row(found) is not None

    def find(self, found: FoundFile) -> tuple[Row, Thumbnails] | None:
        """The row and thumbnail of a file, if it is as it was."""
        seen = self._find_row(found)
        if seen is None:
            return None
        table, thumbnails, place = seen
        row = {name: table[name][place].as_py() for name in table.column_names}
        fresh = source_words(found) | {"status": KEPT, "reason": "", "compared": row["compared"]}
        return row | fresh, thumbnails[place]

    def _find_row(self, found: FoundFile) -> tuple[pa.Table, Thumbnails, int] | None:
        """The scan that saw a file as it is, and its row there."""
        if found.left_out or found.file not in self.places:
            return None
        table, thumbnails, place = self._look_up(found.file)
        try:
            status = found.path.stat()
        except OSError:
            return None
        if status.st_mtime_ns == UNKNOWN_TIME or status.st_mtime_ns != table["modified_ns"][place].as_py():
            return None
        if status.st_size not in (table["size_bytes"][place].as_py(), UNKNOWN_SIZE):
            return None
        if table["width"][place].as_py() == 0:  # an earlier build may have refused what this one reads
            return None
        return table, thumbnails, place

    def sha256_of(self, file: str) -> str | None:
        """Checksum of a file's content as it was; None of a file that is not known."""
        if file not in self.places:
            return None
        table, _, place = self._look_up(file)
        return str(table["sha256"][place].as_py())

    def _look_up(self, file: str) -> tuple[pa.Table, Thumbnails, int]:
        """The scan that saw a file, and its row there."""
        place = self.places[file]
        for table, thumbnails in self.scans:
            if place < len(table):
                return table, thumbnails, place
            place -= len(table)
        raise KeyError(file)


NO_MEMORY = ScanMemory((), {})
