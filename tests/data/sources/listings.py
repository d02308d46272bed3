"""Small tables of pictures, and what is listed of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from vitrine.data.sources.files import FoundFile

ROWS = [("a/1.png", "cat"), ("a/2.png", "dog"), ("3.png", "cat")]
EXPECTED = dict(ROWS)


def write(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    """A table in a folder."""
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def csv_of(rows: Iterable[Sequence[str]], header: str = "image,label") -> str:
    """The rows below their header."""
    return "\n".join([header, *(",".join(row) for row in rows)])


def used(found: Iterable[FoundFile]) -> dict[str, str]:
    """The label of every file that is not left out."""
    return {file.file: file.label_name for file in found if not file.left_out}


def reasons(found: Iterable[FoundFile]) -> dict[str, str]:
    """Why files are left out, but for the table itself."""
    return {file.file: file.left_out for file in found if file.left_out and not file.file.startswith("table.")}
