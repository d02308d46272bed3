"""Data sets of the Hugging Face Hub, and local copies of one, as a source: every row becomes a file or a reason."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import httpx2
from huggingface_hub.constants import HF_HUB_CACHE
from pyarrow.dataset import ParquetFragmentScanOptions

from vitrine.config.data import HUB_PREFIX, DataSection, HubSection
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import SPLIT_NAMES, FoundFile, is_saved_data_set, walk_files
from vitrine.data.sources.hub_access import (
    NETWORK_ERRORS,
    ask_hub,
    causes,
    describe_error,
    explain_hub_error,
    quiet_datasets,
)
from vitrine.data.sources.hub_columns import choose_columns, value_reader
from vitrine.data.sources.hub_rows import ROWS_AT_ONCE, RowWriter, name_cut_files, read_rows
from vitrine.data.sources.places import FileBelow
from vitrine.errors import UserError
from vitrine.listing import suggest
from vitrine.records.disk_room import check_room

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)
SPARE_BYTES = 100_000_000
MAKE_ROOM = "make room, or set HF_HOME (downloads) or data.prepared to a folder on a larger disk"
YEAR_2000 = 946_684_800
TEN_YEARS = 315_576_000


@dataclass(frozen=True)
class OpenedDataset:
    """A data set whose rows can be read in order.

    Attributes:
        splits: by the data set's own names; map-style or iterable.
        roots: folders that a path in a row may lead into.
        stamp: text that changes with the content.
        size_bytes: what its pictures will about take on disk.
    """

    splits: Mapping[str, Any]
    roots: tuple[Path, ...]
    stamp: str
    size_bytes: int


def find_dataset_files(
    source: str,
    data: DataSection,
    workspace: Path,
    progress: Callable[[int], None] = lambda _: None,
    needs_label: bool = True,
) -> FileColumns:
    """Writes the pictures of a data set out, unchanged, as `workspace/<split>/<number>[-<name>].<extension>`.

    All files get one time of change that follows from the data set's content, so that those of an unchanged data set
    look unchanged. A data set with one split, or of which one is chosen, has no fixed split.

    Args:
        source: `hub:owner/name`, or a folder that `sources.find_kind` takes for a data set.
        data: columns and part of the data set that are wanted.
        workspace: folder for the pictures.
        progress: called with the number of rows that are done.
        needs_label: whether the rows must have labels and known splits; otherwise neither is looked at.

    Returns:
        One file for each row, in the order of the rows.

    Raises:
        UserError: the data set cannot be had or read as asked, or does not fit on the disk.
    """
    with quiet_datasets():
        if source.startswith(HUB_PREFIX):
            opened = _open_hub(source.removeprefix(HUB_PREFIX), data.hub, workspace)
        else:
            opened = _open_local(Path(source).expanduser(), data.hub)
        names = list(opened.splits)
        fixed = _name_splits(names, data.hub.split, source) if needs_label else dict.fromkeys(names, "")
        check_room(f"data.source: {source}", workspace, opened.size_bytes, MAKE_ROOM, SPARE_BYTES)
        written = (
            file
            for split, fixed_split in fixed.items()
            for file in _write_split(opened, split, fixed_split, data, source, workspace, needs_label)
        )
        found = FileColumns(_count(written, progress))
    if not found:
        raise UserError(f"data.source: {source} has no rows; choose another part of it (data.hub) or another data set")
    return found


def _count(files: Iterable[FoundFile], progress: Callable[[int], None]) -> Iterator[FoundFile]:
    for file in files:
        yield file
        progress(1)


def _write_split(
    opened: OpenedDataset,
    split: str,
    fixed_split: str,
    data: DataSection,
    source: str,
    workspace: Path,
    needs_label: bool,
) -> Iterator[FoundFile]:
    rows = opened.splits[split]
    columns = choose_columns(rows.features, data.columns, source, needs_label)
    readers = {
        name: value_reader(rows.features[name], name, source) for name in columns.names() if name != columns.image
    }
    # A column of splits says more than the one split that there is; beside several, it must be asked for.
    split_column = columns.split if data.columns.split or not fixed_split else None
    folder = workspace / split
    folder.mkdir(parents=True, exist_ok=True)
    changed = YEAR_2000 + int.from_bytes(hashlib.sha256(opened.stamp.encode()).digest()[:6]) % TEN_YEARS
    writer = RowWriter(folder, opened.roots, changed)
    for number, row in enumerate(read_rows(rows, columns, source)):
        label_name, group, subgroup = (
            readers[name](row[name]) if name else "" for name in (columns.label, columns.group, columns.subgroup)
        )
        if split_column:
            fixed_split = _fixed_split(readers[split_column](row[split_column]), split_column, source)
        file = writer.write(number, row[columns.image], "" if label_name or not needs_label else "no label in the row")
        name = f"{split}/{file.name}"
        path = FileBelow(str(workspace), name) if file.path.parent == folder else file.path
        yield FoundFile(path, name, label_name, fixed_split, file.left_out, group, subgroup)


def _open_hub(repo_id: str, hub: HubSection, workspace: Path) -> OpenedDataset:
    asked = ask_hub(repo_id, hub.revision)
    try:
        builder = _choose_config(repo_id, hub, asked.commit or hub.revision, f"{HUB_PREFIX}{repo_id}")
        size = builder.info.dataset_size or 0
        if not Path(builder.cache_dir).exists():  # a download lies there twice: as it came, and as Arrow
            download = (builder.info.download_size or 0) + size
            besides = size if _same_disk(Path(builder.cache_dir), workspace) else 0
            needed = download + besides
            check_room(f"data.source: hub:{repo_id}", Path(builder.cache_dir), needed, MAKE_ROOM, SPARE_BYTES)
        builder.download_and_prepare()
        splits = builder.as_dataset()
    except (datasets.exceptions.DatasetsError, ValueError, *NETWORK_ERRORS) as error:
        raise _explain_opening(error, repo_id, hub, asked.commit is None) from error
    owned = Path(HF_HUB_CACHE) / f"datasets--{repo_id.replace('/', '--')}"
    roots = (owned, Path(datasets.config.DOWNLOADED_DATASETS_PATH))
    stamp = os.path.relpath(builder.cache_dir, datasets.config.HF_DATASETS_CACHE)
    return OpenedDataset(splits, roots, stamp, size)


def _explain_opening(error: Exception, repo_id: str, hub: HubSection, is_offline: bool) -> BaseException:
    """A message for whatever `datasets` met while it fetched and converted; an error of the disk stays as it is."""
    for cause in causes(error):
        if isinstance(cause, OSError) and cause.errno in DISK_ERRORS:
            return cause
        if isinstance(cause, httpx2.HTTPError):
            return explain_hub_error(cause, repo_id, hub.revision)
    if is_offline and not isinstance(error, ValueError):
        return UserError(
            f"data.source: hub:{repo_id} is not among the downloads of this machine, and downloads are switched off "
            "on it; give data.source the folder of a copy"
        )
    return UserError(f"data.source: hub:{repo_id} holds no data that can be read ({describe_error(error)})")


def _open_local(folder: Path, hub: HubSection) -> OpenedDataset:
    status = {file: (folder / file).stat() for file in sorted(walk_files(folder)) if (folder / file).is_file()}
    stamp = repr([(file, one.st_size, one.st_mtime_ns) for file, one in status.items()])
    size = sum(one.st_size for one in status.values())
    try:
        if is_saved_data_set(folder):
            saved = datasets.load_from_disk(str(folder))
            splits = saved if isinstance(saved, dict) else {str(saved.split or "train"): saved}
        else:  # read where it lies: no second copy in a cache
            splits = _choose_config(str(folder), hub, None, str(folder)).as_streaming_dataset()
    # pyarrow's error on a damaged file is a ValueError; an IndexError comes from a saved data set without rows.
    except (datasets.exceptions.DatasetsError, OSError, ValueError, LookupError) as error:
        raise UserError(
            f"data.source: {folder} is not a data set that can be read, or a part of it is missing or damaged "
            f"({describe_error(error)}){name_cut_files(folder)}"
        ) from error
    return OpenedDataset(splits, (folder,), stamp, size)


def _choose_config(path: str, hub: HubSection, revision: str | None, source: str) -> Any:
    """The builder of the wanted configuration."""
    try:
        builder = datasets.load_dataset_builder(path, hub.config, revision=revision)
        if hasattr(builder.config, "fragment_scan_options"):
            # Else Parquet is read by whole groups of rows, and several at once: 1.6 GB where a group has 100 MB.
            builder.config.batch_size = ROWS_AT_ONCE
            builder.config.fragment_scan_options = ParquetFragmentScanOptions(
                use_buffered_stream=True, pre_buffer=False
            )
        return builder
    except ValueError as error:
        if isinstance(error, datasets.exceptions.DatasetsError):
            raise
        names = datasets.get_dataset_config_names(path, revision=revision)
        if hub.config in names:
            raise
        listed = ", ".join(names)
        if hub.config is None:
            raise UserError(f"data.hub.config: {source} has several configurations; name one of {listed}") from error
        raise UserError(f"data.hub.config: {source} has no configuration '{hub.config}'; it has {listed}") from error


def _name_splits(names: list[str], wanted: str | None, source: str) -> dict[str, str]:
    """The data set's splits that are read, each with the fixed split that it stands for ("": Vitrine chooses)."""
    chosen = names if wanted is None else wanted.split("+")
    missing = [name for name in chosen if name not in names]
    if missing:
        raise UserError(f"data.hub.split: {source} has no split '{missing[0]}'{suggest(missing[0], names)}")
    if len(chosen) == 1:
        return {chosen[0]: ""}
    unknown = [name for name in chosen if name.lower() not in SPLIT_NAMES]
    if unknown:
        known = "+".join(name for name in chosen if name not in unknown) or chosen[0]
        raise UserError(
            f"data.hub.split: {source} has the splits {', '.join(names)}, and {', '.join(map(repr, unknown))} stands "
            f"for none of train, validation and test. Name those to use, such as data.hub.split={known}; of a "
            "single one, Vitrine sets pictures for validation and test aside itself"
        )
    return {name: SPLIT_NAMES[name.lower()] for name in chosen}


def _fixed_split(value: str, column: str, source: str) -> str:
    if value and value.lower() not in SPLIT_NAMES:
        raise UserError(
            f"data.columns.split: the column '{column}' of {source} holds '{value}', which is not a split; "
            f"it may hold {', '.join(SPLIT_NAMES)} or nothing"
        )
    return SPLIT_NAMES.get(value.lower(), "")


def _same_disk(one: Path, other: Path) -> bool:
    return _existing(one).stat().st_dev == _existing(other).stat().st_dev


def _existing(place: Path) -> Path:
    return next(folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists())
