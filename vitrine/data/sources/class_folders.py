"""From a folder of class folders to the files in it, each with its label and, where the folders give one, its split."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from vitrine.data.progress import Progress, count_items, no_progress
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile, printable, reason_by_name, walk_files
from vitrine.data.sources.folder_layout import FolderLayout, Layout, find_layout, folders_of
from vitrine.data.sources.hidden import HIDDEN, is_hidden, is_of_a_tool
from vitrine.data.sources.places import FileBelow
from vitrine.errors import UserError
from vitrine.records.text_column import TextColumn

# Below a class; above, it may be one (gestures).
THUMBNAILS_OF_A_CLASS = ("thumbs", "thumb")


def find_files(
    source: Path, layout: Layout = "auto", shown: Path | None = None, progress: Progress = no_progress
) -> FileColumns:
    """Lists every file below a folder of class folders, with or without split folders above or within them.

    Args:
        source: folder `source/<class>/...`, `source/<split>/<class>/...` or `source/<class>/<split>/...`, also within
            folders that hold nothing else; deeper folders belong to their class.
        layout: whether there are splits; "auto" tells them apart.
        shown: what messages call the source, where the folder was unpacked from something else.
        progress: is told of "listing" and "sorting", in files: a folder of millions takes minutes.

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
    files = TextColumn(count_items(walk_files(source), "listing", 0, progress)).sorted()
    if list(islice(files, 2)) == ["./"]:
        raise UserError(f"data.source: {shown} cannot be listed; you lack the permission to read it")
    if not files:
        raise UserError(f"data.source: {shown} holds no files; put one sub-folder per class into it")
    places = find_layout(shown, files, layout)
    empty = _empty_folders(source, files, places)
    found = _describe_files(source, count_items(files, "sorting", len(files), progress), places)
    left_out = (replace(one, left_out="empty folder") for one in _describe_files(source, empty, places))
    return FileColumns(chain(found, left_out)).sorted()


def _empty_folders(source: Path, files: Iterable[str], places: FolderLayout) -> list[str]:
    """Folders without a file where splits and classes are expected."""
    top = source.joinpath(*places.wrapper)
    depth = 2 + places.inner if places.splits else 1
    levels = [top.glob("/".join("*" * level)) for level in range(1, depth + 1)]
    folders = [folder.relative_to(source).as_posix() for level in levels for folder in level if folder.is_dir()]
    nearest = {file.rpartition("/")[0] for file in files}
    filled = nearest | {parent.as_posix() for folder in nearest for parent in PurePosixPath(folder).parents}
    return [
        f"{folder}/"
        for folder in folders
        if folder not in filled and not is_hidden(f"{folder}/") and not _holds_files(source / folder)
    ]


def _holds_files(folder: Path) -> bool:
    """Whether there are files that `walk_files` passes over: results of Vitrine."""
    return any(path.is_file() for path in folder.rglob("*"))


def label_by_folders(
    found: FileColumns, path_of: Callable[[FoundFile], str], layout: Layout, shown: Path | str
) -> FileColumns:
    """Gives files that lie elsewhere than in a folder the classes and splits that `find_files` would.

    Args:
        found: without labels; those that are left out stay as they are.
        path_of: tells how one would be called in a folder.
        layout: see `find_files`.
        shown: what messages call the source.

    Raises:
        UserError: both layouts are possible.
    """
    places = find_layout(shown, (path_of(file) for file in found if not file.left_out), layout)

    def label(file: FoundFile) -> FoundFile:
        split, label_name, left_out = _place(path_of(file), places, file.left_out)
        return replace(file, label_name=printable(label_name), split=split, left_out=left_out)

    return FileColumns(map(label, found))


def _describe_files(source: Path, files: Iterable[str], places: FolderLayout) -> Iterator[FoundFile]:
    folder = str(source)
    for file in files:
        split, label_name, left_out = _place(file, places, reason_by_name(source, file))
        yield FoundFile(FileBelow(folder, file), printable(file), printable(label_name), split, left_out)


def _place(file: str, places: FolderLayout, left_out: str) -> tuple[str, str, str]:
    """Split, class, and the reason why a file is not looked at, which its name may have given already."""
    split, label_name, deeper = places.place(folders_of(file))
    if left_out == HIDDEN and label_name.startswith(".") and not is_of_a_tool(label_name):
        left_out = "in a hidden folder; a class needs a name without a dot in front"
    elif deeper and not left_out and any(folder.lower() in THUMBNAILS_OF_A_CLASS for folder in deeper):
        left_out = "in a folder of thumbnails (thumbs)"
    if is_hidden(file):
        label_name = ""
    if not left_out and not label_name:
        both = "<class>/<split>" if places.class_first else "<split>/<class>"
        left_out = f"outside the folders {both}" if places.splits else "outside the class folders"
    return split, label_name, left_out
