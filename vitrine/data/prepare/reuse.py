"""What earlier preparations of the same pictures left behind, so that nothing is read, split or resized twice."""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.prepare.damage import find_damage_in
from vitrine.data.prepare.earlier_split import EarlierSplit, read_split
from vitrine.data.prepared.stored_images import StoredImages
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.records.checksums import find_damage
from vitrine.records.prepared import FACTS, MANIFEST, NEAR_PAIRS, PICTURES, THUMBNAILS, UNFINISHED, Settings, read_facts

INTERRUPTED = "interrupted"  # shards that an interrupted preparation had written
WHOLE_SHARDS = "whole_shards"  # those that an engine has made, until all are there and take their places
PLAN = "plan.parquet"  # beside them; says which there will be


@dataclass(frozen=True)
class EarlierWork:
    """What can be taken over.

    Attributes:
        memory: scanned files.
        pictures: stored squares.
        split: where the pictures of the earlier data set stood.
        near_pairs: verified near copies, with the columns first and second as file names, kind and difference.
    """

    memory: ScanMemory
    pictures: StoredImages
    split: EarlierSplit
    near_pairs: pd.DataFrame | None

    def is_stored(self, file: str, sha256: str) -> bool:
        """Whether the stored square of a file was made of this content."""
        return file in self.pictures.rows and self.memory.always_saw(file, sha256)


def load_earlier(folder: Path, earlier: Path | None, settings: Settings, again: bool) -> EarlierWork:
    """Reads what an unfinished folder and an older version of the data set hold, and makes the folder ready.

    Only work that was done with the same settings counts; an unfinished folder of other settings is emptied.

    Args:
        folder: where the new version is made; may hold what an interrupted preparation had done.
        earlier: the older version, if there is one.
        settings: of the new version.
        again: whether every picture is to be read again; then only the split is taken over. So is it where files of
            the older version are damaged; what is sound of it is used.

    Raises:
        UserError: `data.keep_split` names no manifest.
    """
    _tidy(folder, settings, again)
    damaged = frozenset(one.file for one in find_damage_in(earlier)) if earlier is not None else frozenset()
    before = _settings_of(earlier) if earlier is not None else None
    scanned = list_scanned(folder, earlier, settings, again)
    memory = ScanMemory.read(scanned, folder)
    squares = sorted((folder / INTERRUPTED).glob("*"))
    if earlier is not None and not again and _pixel_settings(before) == _pixel_settings(settings):
        squares.insert(0, earlier / PICTURES)
    squares.append(folder / WHOLE_SHARDS)  # whose names are no split's: they are read from, not linked
    pictures = StoredImages.open(squares, leave_out={earlier / file for file in damaged} if earlier is not None else ())
    pairs = _read_near_pairs([place for place in scanned if place is folder or NEAR_PAIRS not in damaged])
    return EarlierWork(memory, pictures, read_split(earlier, before, settings, damaged, folder), pairs)


def list_scanned(folder: Path, earlier: Path | None, settings: Settings, again: bool) -> list[Path]:
    """Folders of scans with the same settings, the newest first, for `ScanMemory.read`; nothing is changed in them.

    Args:
        folder: see `load_earlier`.
        earlier: likewise.
        settings: likewise.
        again: likewise.
    """
    wanted = _pixel_settings(settings)
    if again:
        return []
    folders = [folder] if _begun_with(folder) == wanted else []
    if earlier is not None and _pixel_settings(_settings_of(earlier)) == wanted and not _is_scan_damaged(earlier):
        folders.append(earlier)
    return folders


def _is_scan_damaged(prepared_folder: Path) -> bool:
    sums = read_facts(prepared_folder).files
    scan = {name: sums[name] for name in (MANIFEST, THUMBNAILS) if name in sums}  # earlier versions noted none
    return bool(find_damage(prepared_folder, scan, full=True))


def _read_near_pairs(folders: Sequence[Path]) -> pd.DataFrame | None:
    """The pairs of the first folder whose manifest says which files were compared."""
    for folder in folders:
        try:
            return pd.read_parquet(folder / NEAR_PAIRS)
        except (OSError, ValueError):
            continue
    return None


def _settings_of(prepared_folder: Path) -> Settings | None:
    try:
        return read_facts(prepared_folder).settings
    except UserError:  # of another version
        return None


def _pixel_settings(settings: Settings | None) -> str | None:
    """What decides the pixels of a stored square and whether a file is taken for a picture."""
    if settings is None:
        return None
    data = settings.data
    return json.dumps([data.image_size, data.training_size, data.max_megapixels, settings.pixel_values()])


def _tidy(folder: Path, settings: Settings, again: bool) -> None:
    """Puts shards of an interrupted preparation aside, and begins anew if the settings have changed."""
    wanted = _pixel_settings(settings) or ""
    if again or _begun_with(folder) != wanted:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    write_text(folder / UNFINISHED, wanted)
    (folder / WHOLE_SHARDS / PLAN).unlink(missing_ok=True)  # before other ranks take it for one of this preparation
    (folder / FACTS).unlink(missing_ok=True)
    _put_aside(folder, PICTURES)


def _put_aside(folder: Path, name: str) -> None:
    if (folder / name).exists():
        attempts = folder / INTERRUPTED
        attempts.mkdir(exist_ok=True)
        (folder / name).rename(attempts / str(len(list(attempts.iterdir()))))


def _begun_with(folder: Path) -> str | None:
    """With what settings an unfinished folder was begun; one that lacks its report alone says so in its facts."""
    try:
        return (folder / UNFINISHED).read_text("utf-8")
    except FileNotFoundError:
        return _pixel_settings(_settings_of(folder))


def forget(folder: Path) -> None:
    """Removes from a finished folder what only an interruption would have needed."""
    with suppress(OSError):  # Windows renames nothing that is open
        _put_aside(folder, WHOLE_SHARDS)  # at once: a worker that was given up may be writing there
    for name in (INTERRUPTED, WHOLE_SHARDS):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)
