"""What lies below a folder, and what the name of a file tells: the rules that all kinds of source share."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from posixpath import splitext

from vitrine.data.sources.hidden import is_result, reason_hidden, without_traces
from vitrine.data.sources.places import Place

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
# What people's folders hold beside pictures; anything else that is not a picture is named as unreadable.
OTHER_EXTENSIONS = frozenset({
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml", ".md", ".html", ".htm", ".pdf",
    ".doc", ".docx", ".xls", ".xlsx", ".ini", ".db", ".log", ".py", ".ipynb", ".zip", ".tar", ".gz", ".tgz", ".bz2",
    ".xz", ".7z", ".rar", ".npy", ".npz", ".parquet", ".arrow", ".mp4", ".mov", ".avi", ".mp3", ".wav",
    # Edits and data that cameras and photo programs write beside a picture.
    ".xmp", ".aae", ".pp3", ".dop", ".cos", ".on1", ".nks", ".nksc", ".vrd", ".mie", ".srt", ".lrv",
})  # fmt: skip
TABLE_EXTENSIONS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
# Names of a folder that are kept as one text, since it may hold millions; no name has a slash in it.
NAMES_JOINED = 1000
FOLDER_LISTED_ELSEWHERE = "link to a folder that is listed elsewhere"

# Bytes of a file name that are no UTF-8, and control characters: no table, page or terminal could show them.
UNREADABLE_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file of a source.

    Attributes:
        path: where it lies; mostly a `Path`.
        file: its path within the source, with forward slashes; identifies it in every table. A slash at its end marks
            a folder that gave no files.
        label_name: what the source calls its class (after `map_labels`: the label), or "" where there is none.
        split: fixed split (train, validation, test), or "" where Vitrine chooses.
        left_out: why it is not looked at, or "".
        group: name of what must stay on one side of the split (a person, a place, a series), or "".
        subgroup: kind of picture that gets figures of its own (face, whole body, hard), or "".
    """

    path: Place
    file: str
    label_name: str
    split: str
    left_out: str
    group: str = ""
    subgroup: str = ""


def is_saved_data_set(folder: Path) -> bool:
    """Whether `datasets` saved a data set there (`save_to_disk`)."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def walk_files(source: Path) -> Iterator[str]:
    """Yields the relative path of every file, following links to folders outside the source.

    A folder that cannot be listed, or that a link shows a second time, is yielded like a file, with a slash at its
    end, so that it is accounted for. Results of Vitrine below the source are none of it: they come and go beside a
    table.
    """
    root = source.resolve()
    unreadable: list[Path] = []
    seen: set[Path] = set()
    left = [source]
    while left:
        here = left.pop()
        try:
            folders, files = _read_folder(here)
        except OSError:
            unreadable.append(here)
            continue
        relative = here.relative_to(source).as_posix()
        start = "" if relative == "." else f"{relative}/"
        seen.add(here.resolve())
        results = {name for name in folders if is_result(here / name)}
        if results:
            folders, files = without_traces(set(folders) - results), without_traces(files)
        again = {name for name in folders if _is_seen_again(here / name, root, seen)}
        yield from (f"{start}{name}/" for name in again)
        yield from (f"{start}{file}" for file in files)
        left += [here / name for name in sorted(set(folders) - again, reverse=True)]
    yield from (f"{folder.relative_to(source).as_posix()}/" for folder in unreadable)


def _read_folder(folder: Path) -> tuple[list[str], Iterable[str]]:
    """The names of the folders in a folder, and of all else in it; raises OSError."""
    folders: list[str] = []
    joined: list[str] = []
    with os.scandir(folder) as entries:
        others = (entry.name for entry in entries if not _is_folder(entry, folders))
        while some := list(islice(others, NAMES_JOINED)):
            joined.append("/".join(some))
    return folders, (name for some in joined for name in some.split("/"))


def _is_folder(entry: "os.DirEntry[str]", folders: list[str]) -> bool:
    """Whether an entry is a folder, which is then put to the others."""
    try:
        is_folder = entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False
    if is_folder:
        folders.append(entry.name)
    return is_folder


def _is_seen_again(folder: Path, root: Path, seen: set[Path]) -> bool:
    """Whether a link leads to what the walk meets in any case, or upwards, where it would never end."""
    if not folder.is_symlink():
        return False
    target = folder.resolve()
    return target in seen or target.is_relative_to(root) or root.is_relative_to(target)


def reason_by_name(source: Path, file: str) -> str:
    """Why what `walk_files` found is not looked at, as far as its name and kind tell; "" where they do not."""
    if hidden := reason_hidden(file):
        return hidden
    if file.endswith("/") and (source / file).is_symlink():
        return FOLDER_LISTED_ELSEWHERE
    return reason_by_suffix(file)


def reason_by_suffix(file: str) -> str:
    """Why a file of this name is not a picture, or ""."""
    suffix = splitext(file.rstrip("/"))[1].lower()
    return f"not a picture ({suffix})" if suffix in OTHER_EXTENSIONS else ""


def printable(name: str) -> str:
    """The name with everything escaped that a table, page or terminal could not show."""
    if name.isascii() and name.isprintable():
        return name
    return UNREADABLE_CHARACTERS.sub(lambda found: ascii(found.group())[1:-1].replace("\\udc", "\\x"), name)
