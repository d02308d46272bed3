"""From a folder of class folders to the files in it, each with its label and, where the folders give one, its split."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from vitrine.data.sources.files import (
    OTHER_EXTENSIONS,
    SPLIT_NAMES,
    FoundFile,
    is_hidden,
    printable,
    reason_by_name,
    walk_files,
)
from vitrine.errors import UserError

Layout = Literal["auto", "classes", "splits"]


def find_files(source: Path, layout: Layout = "auto", shown: Path | None = None) -> list[FoundFile]:
    """Lists every file below a folder of class folders, with or without split folders above them.

    Args:
        source: folder `source/<class>/...` or `source/<split>/<class>/...`; deeper folders belong to their class.
        layout: which of the two; "auto" tells them apart.
        shown: what messages call the source, where the folder was unpacked from something else.

    Returns:
        All files by name, and what else could have been a class: empty folders, folders that cannot be listed, and
        links to folders that are listed elsewhere.

    Raises:
        UserError: no such folder, no file in it, or both layouts are possible.
    """
    shown = shown or source
    if not source.is_dir():
        what = "is a file, not a folder" if source.exists() else "is not there"
        raise UserError(f"data.source: {shown} {what}; give the folder that holds one sub-folder per class")
    files = sorted(walk_files(source))
    if files == ["./"]:
        raise UserError(f"data.source: {shown} cannot be listed; you lack the permission to read it")
    if not files:
        raise UserError(f"data.source: {shown} holds no files; put one sub-folder per class into it")
    with_splits = layout == "splits" or (layout == "auto" and _has_splits(shown, files))
    found = [_describe_file(source, file, with_splits) for file in files]
    empty = _empty_folders(source, files, 2 if with_splits else 1)
    found += [replace(_describe_file(source, folder, with_splits), left_out="empty folder") for folder in empty]
    return sorted(found, key=lambda one: one.file)


def _empty_folders(source: Path, files: list[str], depth: int) -> list[str]:
    """Folders without a file where class folders are expected, down to a depth."""
    levels = [source.glob("/".join("*" * level)) for level in range(1, depth + 1)]
    folders = [folder.relative_to(source).as_posix() for level in levels for folder in level if folder.is_dir()]
    filled = {parent.as_posix() for file in files for parent in PurePosixPath(file).parents} | set(files)
    return [f"{folder}/" for folder in folders if not {folder, f"{folder}/"} & filled and not is_hidden(folder)]


def _has_splits(source: Path, files: list[str]) -> bool:
    """Whether the top folders are splits: all are named so and hold class folders only.

    Folders called `train` or `test` may be classes (vehicles, exams). Names alone do not decide; where the
    contents do not either, the person is asked.
    """
    depths: dict[str, set[bool]] = defaultdict(set)
    for file in files:
        folders = _folders_of(file)
        if folders and not is_hidden(file) and PurePosixPath(file).suffix.lower() not in OTHER_EXTENSIONS:
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
    folders = _folders_of(file)
    split = SPLIT_NAMES.get(folders[0].lower(), "") if with_splits and folders else ""
    class_folders = folders if not with_splits else folders[1:] if split else ()
    label_name = class_folders[0] if class_folders and not is_hidden(file) else ""
    left_out = reason_by_name(source, file)
    if not left_out and not label_name:
        left_out = "outside the folders <split>/<class>" if with_splits else "outside the class folders"
    return FoundFile(source / file, printable(file), printable(label_name), split, left_out)


def _folders_of(file: str) -> tuple[str, ...]:
    """The folders above a file; of a folder (slash at its end), itself too."""
    parts = PurePosixPath(file).parts
    return parts if file.endswith("/") else parts[:-1]
