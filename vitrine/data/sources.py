"""From a folder to the files in it, each with its label and, where the folders give one, its split."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from vitrine.errors import UserError

Layout = Literal["auto", "classes", "splits"]

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
# What people's folders hold beside pictures; anything else that is no picture is named as unreadable.
OTHER_EXTENSIONS = (
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".md", ".html", ".htm", ".pdf", ".doc", ".docx",
    ".xls", ".xlsx", ".ini", ".db", ".log", ".py", ".ipynb", ".zip", ".tar", ".gz", ".npy", ".npz", ".parquet", ".mp4",
    ".mov", ".avi", ".mp3", ".wav",
)  # fmt: skip


# Bytes of a file name that are no UTF-8, and control characters: no table, page or terminal could show them.
UNREADABLE_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class FoundFile:
    """One file of a source.

    Attributes:
        path: where it lies.
        file: its path within the source, with forward slashes; identifies it in every table. A slash at its end marks
            a folder that gave no files.
        label_name: name of the class folder, or "" where there is none.
        split: fixed split (train, validation, test), or "" where Vitrine chooses.
        left_out: why it is not looked at, or "".
        group: name of what must stay on one side of the split (a person, a place, a series), or "".
    """

    path: Path
    file: str
    label_name: str
    split: str
    left_out: str
    group: str = ""


def find_files(source: Path, layout: Layout = "auto") -> list[FoundFile]:
    """Lists every file below a folder of class folders, with or without split folders above them.

    Args:
        source: folder `source/<class>/...` or `source/<split>/<class>/...`; deeper folders belong to their class.
        layout: which of the two; "auto" tells them apart.

    Returns:
        All files by name, and what else could have been a class: empty folders, folders that cannot be listed, and
        links to folders that are listed elsewhere.

    Raises:
        UserError: no such folder, no file in it, or both layouts are possible.
    """
    if not source.is_dir():
        what = "is a file, not a folder" if source.exists() else "is not there"
        raise UserError(f"data.source: {source} {what}; give the folder that holds one sub-folder per class")
    files = sorted(walk_files(source))
    if files == ["./"]:
        raise UserError(f"data.source: {source} cannot be listed; you lack the permission to read it")
    if not files:
        raise UserError(f"data.source: {source} holds no files; put one sub-folder per class into it")
    with_splits = layout == "splits" or (layout == "auto" and _has_splits(source, files))
    found = [_describe_file(source, file, with_splits) for file in files]
    empty = _empty_folders(source, files, 2 if with_splits else 1)
    found += [replace(_describe_file(source, folder, with_splits), left_out="empty folder") for folder in empty]
    return sorted(found, key=lambda one: one.file)


def walk_files(source: Path) -> Iterator[str]:
    """Yields the relative path of every file, following links to folders outside the source.

    A folder that cannot be listed, or that a link shows a second time, is yielded like a file, with a slash at its
    end, so that it is accounted for.
    """
    root = source.resolve()
    unreadable: list[str] = []
    seen: set[Path] = set()
    for folder, folders, files in os.walk(source, followlinks=True, onerror=lambda e: unreadable.append(e.filename)):
        here = Path(folder)
        relative = PurePosixPath(here.relative_to(source))
        seen.add(here.resolve())
        again = {name for name in folders if _is_seen_again(here / name, root, seen)}
        folders[:] = sorted(set(folders) - again)
        yield from (f"{relative / name}/" for name in again)
        yield from (str(relative / file) for file in files)
    yield from (f"{Path(folder).relative_to(source).as_posix()}/" for folder in unreadable)


def _is_seen_again(folder: Path, root: Path, seen: set[Path]) -> bool:
    """Whether a link leads to what the walk meets in any case, or upwards, where it would never end."""
    if not folder.is_symlink():
        return False
    target = folder.resolve()
    return target in seen or target.is_relative_to(root) or root.is_relative_to(target)


def _empty_folders(source: Path, files: list[str], depth: int) -> list[str]:
    """Folders without a file where class folders are expected, down to a depth."""
    levels = [source.glob("/".join("*" * level)) for level in range(1, depth + 1)]
    folders = [folder.relative_to(source).as_posix() for level in levels for folder in level if folder.is_dir()]
    filled = {parent.as_posix() for file in files for parent in PurePosixPath(file).parents} | set(files)
    return [f"{folder}/" for folder in folders if not {folder, f"{folder}/"} & filled and not _is_hidden(folder)]


def _has_splits(source: Path, files: list[str]) -> bool:
    """Whether the top folders are splits: all are named so and hold class folders only.

    Folders called `train` or `test` may be classes (vehicles, exams). Names alone do not decide; where the
    contents do not either, the person is asked.
    """
    depths: dict[str, set[bool]] = defaultdict(set)
    for file in files:
        folders = _folders_of(file)
        if folders and not _is_hidden(file) and PurePosixPath(file).suffix.lower() not in OTHER_EXTENSIONS:
            depths[folders[0]].add(len(folders) > 1)
    named_as_split = [folder for folder in depths if folder.lower() in SPLIT_NAMES]
    if not named_as_split:
        return False
    if len(named_as_split) == len(depths) and all(nested == {True} for nested in depths.values()):
        return True
    if len(named_as_split) < len(depths) and all(nested == {False} for nested in depths.values()):
        return False
    names = ", ".join(sorted(depths))
    raise UserError(
        f"data.source: {source} holds the folders {names}. {', '.join(named_as_split)} may be splits or classes. "
        "Set data.layout=classes if each of these folders is a class, "
        "data.layout=splits if each is a split with class folders in it (only "
        f"{', '.join(SPLIT_NAMES)} are names of splits)"
    )


def _describe_file(source: Path, file: str, with_splits: bool) -> FoundFile:
    path = source / file
    folders = _folders_of(file)
    split = SPLIT_NAMES.get(folders[0].lower(), "") if with_splits and folders else ""
    class_folders = folders if not with_splits else folders[1:] if split else ()
    label_name = class_folders[0] if class_folders and not _is_hidden(file) else ""
    left_out = ""
    if _is_hidden(file):
        left_out = "hidden file"
    elif file.endswith("/") and path.is_symlink():
        left_out = "link to a folder that is listed elsewhere"
    elif PurePosixPath(file).suffix.lower() in OTHER_EXTENSIONS:
        left_out = f"not a picture ({PurePosixPath(file).suffix.lower()})"
    elif not label_name:
        left_out = "outside the folders <split>/<class>" if with_splits else "outside the class folders"
    return FoundFile(path, _printable(file), _printable(label_name), split, left_out)


def _folders_of(file: str) -> tuple[str, ...]:
    """The folders above a file; of a folder (slash at its end), itself too."""
    parts = PurePosixPath(file).parts
    return parts if file.endswith("/") else parts[:-1]


def _is_hidden(file: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(file).parts)


def _printable(name: str) -> str:
    return UNREADABLE_CHARACTERS.sub(lambda found: ascii(found.group())[1:-1].replace("\\udc", "\\x"), name)
