"""Pictures to be classified, of whatever kind their source is."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from vitrine.config.data import DataSection, without_file_scheme
from vitrine.data.progress import Progress, no_progress
from vitrine.data.sources import archives, table_rows
from vitrine.data.sources.addresses import address_of, describe_files, list_address
from vitrine.data.sources.encoding import UnsureEncodingError
from vitrine.data.sources.fetching import FETCHED, fetch_files, named_by_address
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile, printable, walk_files
from vitrine.data.sources.places import SourceLostError
from vitrine.data.sources.source import are_tables_of_pictures, is_data_set, new_folder, say_missing, say_table
from vitrine.data.sources.tables import find_table_files
from vitrine.data.sources.tar_shards import are_shards, list_shard_pictures
from vitrine.data.sources.unlabeled import list_archive, list_folder, tell_apart
from vitrine.errors import ParameterError, UserError


def find_unlabeled(
    paths: Sequence[Path], workspace: Path, progress: Progress = no_progress, fetched: Path | None = None
) -> FileColumns:
    """Lists the pictures to be classified, by the rules that hold for training pictures.

    Args:
        paths: pictures, folders of any depth (of pictures, tar shards, or Parquet files), archives, tables and
            addresses. A file that is named itself is taken as it is.
        workspace: an empty folder; archives are unpacked into it.
        progress: is told of "fetching", in megabytes of an address, and of "listing" and "sorting", in files.
        fetched: takes what is fetched, and may hold it already; None: a folder of the workspace.

    Returns:
        In the order of the paths, each of them by name; `file` starts with the path as given.

    Raises:
        UserError: a path is not there, or an archive or table cannot be read.
        SourceLostError: an address cannot be fetched.
    """
    try:
        return FileColumns(_find_all(paths, workspace, fetched or workspace / FETCHED, progress))
    except SourceLostError:
        raise
    except (UnsureEncodingError, ParameterError) as error:
        raise UserError(error.without_parameter) from error
    except UserError as error:
        raise UserError(str(error).removeprefix("data.source: ")) from error  # a parameter that nobody gave


def holds_address(paths: Iterable[Path]) -> bool:
    """Whether any of the paths of `find_unlabeled` is an address."""
    return any(address_of(path) for path in paths)


def _find_all(paths: Sequence[Path], workspace: Path, fetched: Path, progress: Progress) -> Iterator[FoundFile]:
    named = [Path(without_file_scheme(str(path))) for path in paths]
    for number, path in enumerate(dict.fromkeys(named)):  # what is named twice is meant once
        own = workspace / str(number)
        if address := address_of(path):
            yield from _find_at_address(address, own, fetched / str(number), partial(progress, "fetching"))
        elif path.is_dir():
            yield from _find_in_folder(path, own, progress)
        elif not path.exists():
            raise UserError(say_missing(str(path), "there is no such file or folder"))
        elif path.name.lower().endswith(archives.SUFFIXES):
            yield from list_archive(path, new_folder(own), str(path))
        elif path.suffix.lower() in table_rows.SUFFIXES:
            rows = tell_apart(find_table_files(path, needs_label=False))
            yield from (replace(file, file=_shown(file, path)) for file in rows)
        else:
            yield FoundFile(path, printable(str(path)), "", "", "")


def _find_in_folder(folder: Path, workspace: Path, progress: Progress) -> Iterable[FoundFile]:
    if are_shards(walk_files(folder)):
        return tell_apart(list_shard_pictures(folder, str(folder)))
    if is_data_set(folder):
        return _list_data_set(folder, str(folder), new_folder(workspace))
    return list_folder(folder, str(folder), progress)


def _find_at_address(
    address: str, workspace: Path, fetched: Path, fetching: Callable[[int, int], None]
) -> Iterable[FoundFile]:
    listing = list_address(address)
    if are_shards(listing.files):
        fetch_files(listing, fetched, fetching)
        with named_by_address(fetched, listing.address):
            return tell_apart(list_shard_pictures(fetched, listing.address))
    if are_tables_of_pictures(list(listing.files)):
        fetch_files(listing, fetched, fetching)
        with named_by_address(fetched, listing.address):
            return _list_data_set(fetched, listing.address, new_folder(workspace))
    (name, *others) = listing.files
    if not others and name.lower().endswith(archives.SUFFIXES):
        fetch_files(listing, fetched, fetching)
        with named_by_address(fetched, listing.address):
            return list_archive(fetched / name, new_folder(workspace), f"{listing.address}/{name}")
    if not others and name.lower().endswith(table_rows.SUFFIXES):
        raise UserError(say_table(address))
    return (replace(file, file=f"{listing.address}/{file.file}") for file in describe_files(listing))


def _shown(file: FoundFile, table: Path) -> str:
    """The name of a file of a table: from the table's folder, or whole where the table has whole paths."""
    path = file.path
    if isinstance(path, os.PathLike) and not (whole := Path(path)).is_relative_to(table.parent):
        return printable(str(whole))
    return printable(f"{table.parent / file.file}")


def _list_data_set(folder: Path, shown: str, workspace: Path) -> list[FoundFile]:
    """The pictures of Parquet or Arrow files, whatever else they say of them."""
    from vitrine.data.sources.hub_dataset import find_dataset_files  # `datasets` takes a second to import

    found = find_dataset_files(str(folder), DataSection(), workspace, needs_label=False)
    return [replace(file, file=f"{shown}/{file.file}", label_name="", split="") for file in found]
