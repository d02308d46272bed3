"""What earlier preparations of the same pictures left behind, so that nothing is read, split or resized twice."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.prepare.damage import find_damage_in
from vitrine.data.prepare.earlier_split import EarlierSplit, read_split
from vitrine.data.prepared.shards import StoredImages
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.records.prepared import MANIFEST, NEAR_PAIRS, PICTURES, THUMBNAILS, UNFINISHED, Settings, read_facts

INTERRUPTED = "interrupted"  # shards that an interrupted preparation had written


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
        return file in self.pictures.rows and self.memory.sha256_of(file) == sha256


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
    places = [(folder, sorted((folder / INTERRUPTED).glob("*")))]
    damaged = frozenset(one.file for one in find_damage_in(earlier)) if earlier is not None else frozenset()
    before = _settings_of(earlier) if earlier is not None else None
    if earlier is not None and not again and _pixel_settings(before) == _pixel_settings(settings):
        places.append((earlier, [earlier / PICTURES]))
    sound = [place for place, _ in places if place is folder or damaged.isdisjoint((MANIFEST, THUMBNAILS))]
    memory = ScanMemory.read(sound, folder)
    pictures = StoredImages.open(
        [pictures for _, folders in reversed(places) for pictures in folders],
        leave_out={earlier / file for file in damaged} if earlier is not None else (),
    )
    pairs = _read_near_pairs([place for place in sound if place is folder or NEAR_PAIRS not in damaged])
    return EarlierWork(memory, pictures, read_split(earlier, before, settings, damaged), pairs)


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
    begun = folder / UNFINISHED
    if again or not begun.exists() or begun.read_text("utf-8") != wanted:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_text(begun, wanted)
    if (folder / PICTURES).exists():
        attempts = folder / INTERRUPTED
        attempts.mkdir(exist_ok=True)
        (folder / PICTURES).rename(attempts / str(len(list(attempts.iterdir()))))


def forget(folder: Path) -> None:
    """Removes from a finished folder what only an interruption would have needed."""
    shutil.rmtree(folder / INTERRUPTED, ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)
