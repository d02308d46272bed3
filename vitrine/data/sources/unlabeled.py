"""What lies in folders and archives of pictures without labels: every file, by name, each name once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from vitrine.data.progress import Progress, count_items, no_progress
from vitrine.data.sources.archive_limits import GENEROUS, Limits
from vitrine.data.sources.archives import unpack
from vitrine.data.sources.files import FoundFile, printable, reason_by_name, walk_files


def list_folder(folder: Path, shown: str, progress: Progress = no_progress) -> list[FoundFile]:
    """Every file below a folder, by name.

    Args:
        folder: of any depth.
        shown: name of the folder, with which those of its files begin.
        progress: is told of "listing" and "sorting", in files.
    """
    files = sorted(count_items(walk_files(folder), "listing", 0, progress))
    return [
        FoundFile(folder / file, printable(f"{shown}/{file}"), "", "", reason_by_name(folder, file))
        for file in count_items(files, "sorting", len(files), progress)
    ]


def list_archive(archive: Path, folder: Path, shown: str, limits: Limits = GENEROUS) -> list[FoundFile]:
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
    return tell_apart([replace(file, file=f"{shown}/{file.file}") for file in refused] + list_folder(folder, shown))


def tell_apart(found: list[FoundFile]) -> list[FoundFile]:
    """Sorts by name; of those with one name (entries of an archive), all but the first get a number."""
    seen: Counter[str] = Counter()
    names = {file.file for file in found}
    result = []
    # What can be used keeps its name.
    for file in sorted(found, key=lambda one: (one.file, bool(one.left_out))):
        seen[file.file] += 1
        name = file.file
        while seen[file.file] > 1 and name in names:
            name = f"{file.file} ({seen[file.file]})"
            seen[file.file] += name in names
        names.add(name)
        result.append(replace(file, file=name))
    return sorted(result, key=lambda one: one.file)
