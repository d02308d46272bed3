"""Pictures in a zip, in folders named after their answers; names that any disk can hold, each once."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from vitrine.predict.answers.exports import write_csv
from vitrine.predict.answers.table import AnswerRow

UNSURE, NONE = "unsure", "none"
TABLE = "answers.csv"
LONGEST_NAME = 200  # bytes, of the 255 that disks take: names that are taken get a number, and tools may add theirs
# What Windows forbids, which forbids the most; control characters; marks that turn the direction of writing round.
_FORBIDDEN = re.compile('[\x00-\x1f\x7f-\x9f<>:"/\\\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class _Names:
    """Gives each name once, in whatever letter case a disk tells names apart."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}
        self._next: defaultdict[str, int] = defaultdict(lambda: 2)

    def take(self, name: str) -> str:
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        given = name
        while given.casefold() in self._taken:
            given = f"{stem} ({self._next[name.casefold()]}){suffix}"
            self._next[name.casefold()] += 1
        self._taken.add(given.casefold())
        return given


def zip_class_folders(rows: Iterable[AnswerRow], label_names: Iterable[str], top_k: int, path: Path) -> None:
    """Writes a zip with the files of a table, as they are, in folders of their answers, and the table itself.

    Pictures about which the model is unsure are in `unsure`, those of none of its classes in `none`; what could not be
    read is in the table alone.

    Args:
        rows: of the table; can be gone through twice.
        label_names: of the model.
        top_k: classes of each row of the table.
        path: of the zip.
    """
    folder_names = _Names((UNSURE, NONE, TABLE))
    folders = {name: folder_names.take(safe_name(name)) for name in label_names}
    names: defaultdict[str, _Names] = defaultdict(_Names)
    with zipfile.ZipFile(path, "w") as target:  # without compression: pictures are compressed already
        for row in rows:
            if row.kind == "unreadable":
                continue
            folder = folders[row.cells["label_1"]] if row.kind == "answered" else row.kind
            name = names[folder].take(safe_name(PurePosixPath(row.file).name))
            target.write(row.path, f"{folder}/{name}")
        with target.open(TABLE, "w", force_zip64=True) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
            write_csv(rows, top_k, text)


def safe_name(name: str) -> str:
    """A name that a file or folder may have on any system, as like the given one as can be."""
    kept = _FORBIDDEN.sub("_", name)
    if len(kept.encode()) > LONGEST_NAME:
        suffix = _cut(PurePosixPath(kept).suffix, LONGEST_NAME // 2)
        kept = _cut(kept, LONGEST_NAME - len(suffix.encode())) + suffix
    kept = kept.rstrip(". ").lstrip()
    return f"_{kept}" if not kept or _RESERVED.fullmatch(kept) else kept


def _cut(text: str, most: int) -> str:
    """The beginning of a text, of so many bytes at most, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")
