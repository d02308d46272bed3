"""What lies in folders and archives of pictures without labels: every file, by name, each name once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path

from vitrine.data.progress import Progress, count_items, no_progress
from vitrine.data.sources.archive_limits import GENEROUS, Limits
from vitrine.data.sources.archives import unpack
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile, printable, reason_by_name, walk_files
from vitrine.data.sources.places import FileBelow
from vitrine.records.text_column import TextColumn

NUMBERED = re.compile(r" \(\d+\)$")


def list_folder(folder: Path, shown: str, progress: Progress = no_progress) -> FileColumns:
    """Every file below a folder, by name.

    Args:
        folder: of any depth.
        shown: name of the folder, with which those of its files begin.
        progress: is told of "listing" and "sorting", in files.
    """
    files = TextColumn(count_items(walk_files(folder), "listing", 0, progress)).sorted()
    return FileColumns(
        FoundFile(FileBelow(str(folder), file), printable(f"{shown}/{file}"), "", "", reason_by_name(folder, file))
        for file in count_items(files, "sorting", len(files), progress)
    )


def list_archive(archive: Path, folder: Path, shown: str, limits: Limits = GENEROUS) -> FileColumns:
    """Every entry of an archive, by name; those that can be used are unpacked.

    Args:
        archive: zip or tar, see `unpack`.
        folder: an existing, empty folder to unpack into.
        shown: name of the archive, with which those of its files begin.
        limits: of what it may hold.

    Raises:
        ArchiveError: it cannot be unpacked.
    """
    refused = unpack(archive, folder, otherwise=None, limits=limits)
    named = (replace(file, file=f"{shown}/{file.file}") for file in refused)
    return tell_apart(chain(named, list_folder(folder, shown)))


def tell_apart(found: Iterable[FoundFile]) -> FileColumns:
    """Sorts by name; of those with one name (entries of an archive), all but the first get a number."""
    columns = FileColumns.of(found).sorted()
    return columns if columns.are_ascending() else FileColumns(_number_names(columns)).sorted()


def _number_names(found: FileColumns) -> Iterator[FoundFile]:
    """The same, each of a name of its own."""
    taken = {name for name in found.names() if NUMBERED.search(name)}  # no other one is like those that are given
    for name, same in groupby(found, key=lambda one: one.file):
        first, *others = sorted(same, key=lambda one: bool(one.left_out))  # what can be used keeps its name
        yield first
        number = 1
        for file in others:
            number += 1
            while (new := f"{name} ({number})") in taken:
                number += 1
            taken.add(new)
            yield replace(file, file=new)
