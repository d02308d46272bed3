"""What earlier scans saw, so that files which are as they were need not be read again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.manifest.name_index import NameIndex
from vitrine.data.manifest.scan import KEPT, Row, Thumbnails, source_words
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.places import UNKNOWN_SIZE, UNKNOWN_TIME
from vitrine.errors import UserError
from vitrine.records.manifest import map_manifest
from vitrine.records.prepared import THUMBNAILS


@dataclass(frozen=True)
class EarlierScan:
    """One of them.

    Attributes:
        manifest: all its columns, mapped from a file.
        thumbnails: likewise.
        rows: by file name, of the files that could be opened.
        unopened: the others, which may be there the next time, whatever was seen of them before.
    """

    manifest: pa.Table
    thumbnails: Thumbnails
    rows: NameIndex
    unopened: NameIndex


@dataclass(frozen=True)
class ScanMemory:
    """What earlier scans saw; a file of the same name, size and time of change need not be read again.

    Attributes:
        scans: the first that names a file counts.
    """

    scans: tuple[EarlierScan, ...]

    @classmethod
    def read(cls, folders: Sequence[Path], scratch: Path | None = None) -> Self:
        """The memory of prepared or unfinished folders, the first that knows a file; without them it is empty.

        Args:
            folders: that hold manifest and thumbnails.
            scratch: folder for a file without a name that holds the manifests; None: memory.
        """
        scans: list[EarlierScan] = []
        for folder in folders:
            try:
                manifest = map_manifest(folder, scratch)
                thumbnails = np.load(folder / THUMBNAILS, mmap_mode="r")
            except (UserError, OSError, ValueError):  # none, an older version's, or cut short: all is read again
                continue
            if len(thumbnails) == len(manifest):
                opened = pc.not_equal(manifest["sha256"], "").to_numpy()
                rows = (NameIndex(manifest["file"], np.flatnonzero(some)) for some in (opened, ~opened))
                scans.append(EarlierScan(manifest, thumbnails, *rows))
        return cls(tuple(scans))

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
        known = None if found.left_out else self._look_up(found.file)
        if known is None:
            return None
        table, thumbnails, place = known
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

    def always_saw(self, file: str, sha256: str) -> bool:
        """Whether a file had this content in every scan that could open it, and there was one.

        What was made of a file before is known to be right then alone: a preparation that was broken off may have seen
        a change of which nothing was made yet.
        """
        places = ((scan, scan.rows.find(file)) for scan in self.scans)
        seen = {scan.manifest["sha256"][place].as_py() for scan, place in places if place is not None}
        return seen == {sha256}

    def _look_up(self, file: str) -> tuple[pa.Table, Thumbnails, int] | None:
        """The scan that knows a file, and its row there."""
        for scan in self.scans:
            place = scan.rows.find(file)
            if place is not None:
                return scan.manifest, scan.thumbnails, place
            if file in scan.unopened:
                return None
        return None


NO_MEMORY = ScanMemory(())
