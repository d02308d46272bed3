"""One entry point to every kind of source; each ends in one `FoundFile` for every file or row there is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from vitrine.config.data import BUILTIN_DIGITS, HUB_PREFIX, DataSection
from vitrine.data.progress import Progress, no_progress
from vitrine.data.sources import archives, table_rows
from vitrine.data.sources.addresses import (
    check_address,
    describe_files,
    is_address,
    list_address,
)
from vitrine.data.sources.archives import find_top, unpack
from vitrine.data.sources.builtin import write_digits
from vitrine.data.sources.class_folders import find_files, label_by_folders
from vitrine.data.sources.fetching import FETCHED, fetch_files, named_by_address
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import (
    SPLIT_NAMES,
    FoundFile,
    is_saved_data_set,
    printable,
    walk_files,
)
from vitrine.data.sources.folder_layout import name_table
from vitrine.data.sources.hidden import is_hidden, reason_hidden
from vitrine.data.sources.places import FileBelow
from vitrine.data.sources.tables import find_image_folder, find_table_files
from vitrine.data.sources.tar_shards import are_shards, find_shard_files
from vitrine.data.sources.unlabeled import tell_apart
from vitrine.errors import UserError
from vitrine.listing import list_names

__all__ = ["SPLIT_NAMES", "FoundFile", "OpenedSource", "find_kind", "open_source", "walk_files"]

Kind = Literal["digits", "hub", "data set", "shards", "folder", "archive", "table", "address"]

DATA_SET_SUFFIXES = (".parquet", ".arrow")
# What lies beside them in a data set that was downloaded.
DATA_SET_COMPANIONS = ("README.md", "dataset_info.json", "dataset_infos.json")
INSTEAD = {
    ".xlsx": "save the table as CSV", ".xls": "save the table as CSV", ".ods": "save the table as CSV",
    ".rar": "unpack it and give the folder", ".7z": "unpack it and give the folder",
    ".gz": "unpack it and give the folder", ".json": "save it as JSON lines (.jsonl), one object a line",
}  # fmt: skip
SHOWN_NAMES = 10


@dataclass(frozen=True)
class OpenedSource:
    """What a source holds.

    Attributes:
        kind: of the source.
        files: by name, each name once; pictures out of one archive or of the Hub lie in the workspace.
    """

    kind: Kind
    files: FileColumns


def open_source(
    data: DataSection, workspace: Path, progress: Progress = no_progress, fetched: Path | None = None
) -> OpenedSource:
    """Lists every file of `data.source`, of whatever kind it is.

    Args:
        data: says where the source is and how to read it.
        workspace: an empty folder for what must be unpacked or fetched; the caller removes it after the last look at
            the pictures.
        progress: is told of "fetching", in megabytes of an address, or of what `find_files` tells.
        fetched: takes what is fetched, and may hold it already; None: a folder of the workspace.

    Raises:
        UserError: there is no such source, or it cannot be read.
    """
    kind = find_kind(data.source)
    source = Path(data.source).expanduser()
    found: Iterable[FoundFile]
    if kind in ("hub", "data set"):
        from vitrine.data.sources.hub_dataset import find_dataset_files  # `datasets` takes a second to import

        found = find_dataset_files(data.source, data, workspace)
    elif kind == "digits":
        found = find_files(write_digits(), data.layout)
    elif kind == "address":
        found = _find_at_address(data, workspace, fetched or workspace / FETCHED, partial(progress, "fetching"))
    elif kind == "shards":
        found = find_shard_files(source, data.columns, data.layout)
    elif kind == "archive":
        found = _find_archived(source, data, workspace)
    elif kind == "table":
        image_folder = find_image_folder(source, data.image_folder) if data.image_folder else None
        found = find_table_files(source, data.columns, data.separator, image_folder, encoding=data.encoding)
    else:
        found = find_files(source, data.layout, progress=progress)
        _check_for_archives(source, found)
        _check_for_tables(source, found)
    return OpenedSource(kind, tell_apart(found))


def find_kind(source: str) -> Kind:
    """Tells what `data.source` is, without reading more than names.

    Raises:
        UserError: it is nothing that can be read.
    """
    if source.startswith(HUB_PREFIX):
        return "hub"
    if source == BUILTIN_DIGITS:
        return "digits"
    if is_address(source):
        check_address(source)
        return "address"
    path = Path(source).expanduser()
    if path.is_dir():
        return "data set" if is_data_set(path) else "shards" if are_shards(walk_files(path)) else "folder"
    if not path.exists():
        if source == DataSection().source:
            raise UserError(
                f"data.source: nobody said where the pictures are, and {path} is not there; give data.source=FOLDER"
            )
        hub = f" For a data set of the Hugging Face Hub write {HUB_PREFIX}{source}." if source.count("/") == 1 else ""
        raise UserError(f"data.source: {say_missing(source)}{hub}")
    if path.name.lower().endswith(archives.SUFFIXES):
        return "archive"
    if path.suffix.lower() in table_rows.SUFFIXES:
        return "table"
    instead = INSTEAD.get(
        path.suffix.lower(),
        f"give a folder, an archive ({', '.join(archives.SUFFIXES)}) or a table ({', '.join(table_rows.SUFFIXES)})",
    )
    raise UserError(f"data.source: {path} is a file, not a folder, and no archive or table that can be read; {instead}")


def _find_at_address(
    data: DataSection, workspace: Path, fetched: Path, fetching: Callable[[int, int], None]
) -> FileColumns:
    """Pictures are read where they lie; archives, tar shards and Parquet files are fetched first."""
    listing = list_address(data.source)
    names = list(listing.files)
    if len(names) == 1 and names[0].lower().endswith(archives.SUFFIXES):
        fetch_files(listing, fetched, fetching)
        with named_by_address(fetched, listing.address):
            return _find_archived(fetched / names[0], data, new_folder(workspace / "opened"))
    if are_shards(names) or are_tables_of_pictures(names):
        fetch_files(listing, fetched, fetching)
        local = data.model_copy(update={"source": str(fetched)})
        with named_by_address(fetched, listing.address):
            return open_source(local, new_folder(workspace / "opened")).files
    tables = [name for name in names if name.lower().endswith(table_rows.SUFFIXES) and not is_hidden(name)]
    if len(tables) == len(names):
        raise UserError(f"data.source: {say_table(data.source)}")
    return label_by_folders(FileColumns(describe_files(listing)), lambda one: one.file, data.layout, data.source)


def new_folder(folder: Path) -> Path:
    """Makes a folder, and gives it back."""
    folder.mkdir()
    return folder


def _find_archived(archive: Path, data: DataSection, workspace: Path) -> FileColumns:
    refused = unpack(archive, workspace, data.encoding)
    top = find_top(workspace)
    if data.layout == "splits" and top.name.lower() in SPLIT_NAMES:
        top = workspace  # an archive of one split
    if is_data_set(top):
        raise UserError(
            f"data.source: {archive} holds a data set of Parquet or Arrow files; unpack it and give the folder"
        )
    found = find_files(top, data.layout, shown=archive)
    inside = "" if top == workspace else f"{top.relative_to(workspace).as_posix()}/"
    _check_for_tables(archive, found, inside)
    beside = (
        FoundFile(FileBelow(str(workspace), file), printable(file), "", "", reason_hidden(file))
        for file in (walk_files(workspace) if inside else ())
        if not file.startswith(inside)
    )
    return FileColumns(chain(refused, found, beside))


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a local copy of a data set: saved by `datasets`, or Parquet files and nothing else."""
    return is_saved_data_set(folder) or are_tables_of_pictures(walk_files(folder))


def are_tables_of_pictures(files: Iterable[str]) -> bool:
    """Whether what lies in a folder are Parquet or Arrow files and nothing else; see `are_shards`."""
    tables = False
    for file in files:
        if Path(file).suffix.lower() in DATA_SET_SUFFIXES:
            tables = True
        elif not is_hidden(file) and Path(file).name not in DATA_SET_COMPANIONS:
            return False
    return tables


def _check_for_archives(source: Path, found: FileColumns) -> None:
    """Makes sure that pictures in an archive are not overlooked where a folder has none beside it.

    Raises:
        UserError: names it.
    """
    if any(not shared.left_out for shared, _ in found.count_shared()):
        return
    if inside := sorted(name for name in found.names() if name.lower().endswith(archives.SUFFIXES)):
        raise UserError(
            f"data.source: {source} holds no pictures, but {list_names(inside)}; give an archive itself: "
            f"data.source={source / inside[0]}"
        )


def _check_for_tables(source: Path, found: FileColumns, inside: str = "") -> None:
    """Makes sure that a table of labels is not overlooked where the folders do not give two.

    Args:
        source: folder or archive.
        found: in it.
        inside: what stands before the names of the files there.

    Raises:
        UserError: names it.
    """
    if len({shared.label_name for shared, _ in found.count_shared() if shared.label_name and not shared.left_out}) > 1:
        return
    files = (f"{inside}{name}" for name in found.names() if name.lower().endswith(table_rows.SUFFIXES))
    tables = sorted((file for file in files if not is_hidden(file)), key=lambda file: (file.count("/"), file))
    if tables:
        raise UserError(
            f"data.source: {source} does not hold two class folders with pictures; "
            f"if a table in it names the classes, {name_table(source, tables[0])}"
            f"{_name_class_folders(source, found, inside)}"
        )


def _name_class_folders(source: Path, found: FileColumns, inside: str) -> str:
    """What to do where the only class holds folders, which may be the classes; "" where it does not."""
    of_class = found.where(lambda shared: bool(shared.label_name) and not shared.left_out)
    parts = {tuple(f"{inside}{name}".split("/")[:-1]) for name in of_class.names()}
    if len({one[1] for one in parts if len(one) > 1}) < 2:
        return ""
    first = f"{inside}{next(of_class.names())}".split("/")[0]
    if source.is_dir():
        return f"; if the folders in '{first}' are the classes, give data.source={source / first}"
    return f"; if the folders in '{first}' are the classes, unpack it and give that folder"


def say_table(address: str) -> str:
    """That what lies at an address is no more than a table."""
    return f"{address} is a table; fetch it and its pictures, and give the file"


def say_missing(source: str, what: str = "it is not there") -> str:
    """That nothing has this name, with what was probably meant.

    Args:
        source: as it was given.
        what: is said of it.
    """
    path = Path(source).expanduser()
    if source.startswith("builtin:"):
        return f"{source} is not known; did you mean {BUILTIN_DIGITS}?"
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    if not missing.parent.is_dir():
        return f"{path}: {what}; {missing.parent} is a file, not a folder"
    names = sorted(entry.name for entry in missing.parent.iterdir() if not is_hidden(entry.name))
    lower = {name.lower(): name for name in names}
    close = get_close_matches(missing.name.lower(), lower, n=1)
    if close:
        return f"{path}: {what}; did you mean {missing.parent / lower[close[0]]}?"
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    beside = f"{', '.join(names[:SHOWN_NAMES]) or 'nothing'}{more}"
    return f"{path}: {what}; {missing.parent.absolute()} holds {beside}."
