"""The rows of a Hugging Face data set, as stored, and the files that their pictures become."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.images.formats import find_extension
from vitrine.data.sources.files import walk_files
from vitrine.data.sources.hidden import is_hidden
from vitrine.data.sources.hub_access import describe_error
from vitrine.data.sources.hub_columns import DatasetColumns
from vitrine.data.sources.named_files import ADDRESS
from vitrine.errors import UserError
from vitrine.listing import list_names

OUTSIDE = "its path leads out of the data set's folder"
ROWS_AT_ONCE = 16  # each may hold a camera's picture of many megabytes


def read_rows(rows: Any, columns: DatasetColumns, source: str) -> Iterator[dict[str, Any]]:
    """Rows as stored: pictures are not decoded.

    Args:
        rows: of a `datasets.Dataset`.
        columns: which of its columns say what.
        source: for messages.
    """
    try:
        for table in rows.select_columns(columns.names()).with_format("arrow").iter(batch_size=ROWS_AT_ONCE):
            yield from table.to_pylist()
    except (
        ValueError,
        datasets.exceptions.DatasetsError,
    ) as error:  # pyarrow's error on a damaged file is a ValueError
        said = f"{source} has a damaged or odd file in it ({describe_error(error)}){name_cut_files(Path(source))}"
        raise UserError(f"data.source: {said}") from error


def name_cut_files(folder: Path) -> str:
    """Which Parquet files of a local data set cannot be opened, which `datasets` does not say, in words.

    Args:
        folder: of the data set; what is no folder has none.
    """
    parquet = sorted(file for file in walk_files(folder) if file.lower().endswith(".parquet") and not is_hidden(file))
    cut = [file for file in parquet if _is_cut(folder / file)]
    return f"; {list_names(cut)}: damaged or not whole; fetch it again, or take it out" if cut else ""


def _is_cut(file: Path) -> bool:
    try:
        pq.read_metadata(file)
    except (pa.ArrowException, OSError):
        return True
    return False


@dataclass(frozen=True)
class RowFile:
    """What a row's picture became: where it lies (or would), its name, and why it is left out, or ""."""

    path: Path
    name: str
    left_out: str


@dataclass(frozen=True)
class RowWriter:
    """Writes the pictures of one split.

    Attributes:
        folder: where to.
        roots: folders that a path in a row may lead into.
        changed: time of change of each file, in seconds since 1970.
    """

    folder: Path
    roots: tuple[Path, ...]
    changed: int

    def write(self, number: int, picture: Any, left_out: str) -> RowFile:
        """Writes a row's picture.

        Args:
            number: of the row in its split.
            picture: the cell: bytes, a path, or both by these names.
            left_out: why it is not wanted, or "".
        """
        content, own_path = _take_apart(picture)
        name = _name(number, content, own_path)
        path = self.folder / name
        if not content and not own_path:
            return RowFile(path, name, "no picture in the row")
        if not content and "://" in own_path:
            return RowFile(path, name, ADDRESS)
        if not content:
            found = self._find(own_path)
            return RowFile(found, name, left_out) if found else RowFile(path, name, OUTSIDE)
        if not left_out:
            path.write_bytes(content)
            os.utime(path, (self.changed, self.changed))
        return RowFile(path, name, left_out)

    def _find(self, own_path: str) -> Path | None:
        if "\0" in own_path:
            return None
        for root in self.roots:
            path = (root / own_path).resolve()
            if path.is_relative_to(root.resolve()):
                return path
        return None


def _name(number: int, content: bytes, own_path: str) -> str:
    """The file's name: number, what the row calls it, extension by content."""
    own = PurePath(own_path.replace("\\", "/"))
    stem = re.sub(r"[^\w.-]+", "_", own.stem)[:40].strip("._")
    extension = (find_extension(content) or ".picture") if content else own.suffix.lower()
    return f"{number:08d}{'-' if stem else ''}{stem}{extension}"


def _take_apart(picture: Any) -> tuple[bytes, str]:
    """Bytes and path of a cell, b"" and "" where missing."""
    if isinstance(picture, dict):
        return picture.get("bytes") or b"", picture.get("path") or ""
    if isinstance(picture, bytes):
        return picture, ""
    return b"", picture or ""
