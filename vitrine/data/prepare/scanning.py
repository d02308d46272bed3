"""Which pictures a preparation reads, and who reads them: this process, or an engine by shards."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from vitrine.data.labels.added import list_added
from vitrine.data.labels.mapping import MappedLabels, map_labels
from vitrine.data.manifest.scan import Scan, scan_files
from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.manifest.scan_shards import Run, choose_shard_size, cut_shards, scan_in_shards, shards_of
from vitrine.data.progress import Progress, count_checked, no_progress
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.parts import name_missing_parts
from vitrine.data.sources.source import open_source
from vitrine.records.prepared import Settings
from vitrine.work.local import import_ahead
from vitrine.work.part import remove_damaged
from vitrine.work.ranks import wait_until_done
from vitrine.work.unit import Engine

# What makes them weighs 400 MB, most of it torch: processes that scan and make squares share it.
PREPROCESSING = "vitrine.data.prepare.preprocessed_shards"


@dataclass(frozen=True)
class Listed:
    """The pictures of a source.

    Attributes:
        mapped: with their labels.
        brought: pictures that corrections bring along, by name.
        found: all of them, as the source lists them.
        notes: on files that should be there and are not, and on pictures that are not added.
    """

    mapped: MappedLabels
    brought: dict[str, FoundFile]
    found: FileColumns
    notes: list[str]

    @property
    def to_scan(self) -> FileColumns:
        """All of them with their labels, in the order of the manifest."""
        return _join(self.mapped.files, self.brought)


@dataclass(frozen=True)
class Spread:
    """A preparation by shards.

    Attributes:
        engine: does them.
        folder: keeps what a scan saw until the data set is whole; on a disk that all who scan share.
        least_files: fewer than that are read by threads of this process, which need no start; 0 where a person has
            chosen the engine.
    """

    engine: Engine
    folder: Path
    least_files: int = 0

    @property
    def makes_images(self) -> bool:
        """Whether the engine makes the squares, too; on one machine threads are as fast, in half of the memory."""
        return self.least_files == 0


def list_pictures(settings: Settings, workspace: Path, progress: Progress = no_progress) -> Listed:
    """Lists what there is to read.

    Args:
        settings: of the data set.
        workspace: takes the pictures of an archive or a Hub data set.
        progress: is told of "fetching", in megabytes, and of "listing" and "sorting", in files.

    Raises:
        UserError: the source cannot be read.
    """
    opened = open_source(settings.data, workspace, progress)
    in_source = opened.files
    in_parts = opened.kind in ("data set", "shards")
    mapped = map_labels(in_source, settings.labels)
    classes = {shared.label_name for shared, _ in mapped.files.count_shared() if shared.label_name}
    corrections = Path(settings.data.corrections).expanduser() if settings.data.corrections else None
    brought, notes_of_added = list_added(corrections, settings.data.encoding, classes)
    notes = name_missing_parts(Path(settings.data.source).expanduser()) if in_parts else []
    return Listed(mapped, brought, _join(in_source, brought), [*notes, *notes_of_added])


def _join(files: FileColumns, brought: Mapping[str, FoundFile]) -> FileColumns:
    """Both, one behind the other; the very same where nothing was brought along."""
    return FileColumns(chain(files, brought.values())) if brought else files


def scan_pictures(
    listed: Listed, settings: Settings, memory: ScanMemory, folder: Path, progress: Progress, spread: Spread | None
) -> Scan:
    """Reads every picture.

    Args:
        listed: the pictures.
        settings: of the data set.
        memory: of earlier scans.
        folder: of the preparation; keeps what was seen when it is interrupted.
        progress: is told of "checking".
        spread: None: threads of this process, as for few pictures.
    """
    files = listed.to_scan
    count = count_checked(progress, len(files))
    if spread is not None and len(files) >= spread.least_files:
        if spread.makes_images:
            import_ahead(PREPROCESSING)
        runs = _cut(files, settings, spread, memory)
        scan = scan_in_shards(runs, spread.folder, spread.engine, count, memory)
        if scan is not None:  # else something took a part away meanwhile
            return scan
    return scan_files(
        files, settings.data.max_megapixels, count, memory, lambda partial: partial.write(folder), scratch=folder
    )


def scan_share(
    settings: Settings, memory: ScanMemory, spread: Spread, progress: Progress, is_waiting: bool = False
) -> bool:
    """Does the share of this rank.

    Args:
        settings: of the data set.
        memory: of earlier scans, the same for all ranks.
        spread: with the engine of this rank.
        progress: is told of "checking".
        is_waiting: whether it waits for the others.

    Returns:
        Whether the shards of all ranks are done.

    Raises:
        UserError: the source cannot be read.
    """
    workspace = spread.folder / f"unpacked_{secrets.token_hex(8)}"
    workspace.mkdir(parents=True)
    import_ahead(PREPROCESSING)
    try:
        shards = shards_of(_cut(list_pictures(settings, workspace, progress).to_scan, settings, spread, memory))
        share = spread.engine.share(shards)
        remove_damaged(share)
        count = count_checked(progress, sum(len(shard.files) for shard in share))
        for shard in spread.engine.run(shards):
            count(len(shard.files), shard.count_faults())
        if is_waiting:
            wait_until_done(shards)
        return all(shard.is_done() for shard in shards)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _cut(files: FileColumns, settings: Settings, spread: Spread, memory: ScanMemory) -> list[Run]:
    return cut_shards(files, settings.data.max_megapixels, spread.folder, choose_shard_size(files), memory)
