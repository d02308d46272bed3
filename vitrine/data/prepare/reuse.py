"""What earlier preparations of the same pictures left behind, so that nothing is read, split or resized twice."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vitrine.data.manifest.scan import KEPT, ScanMemory
from vitrine.data.prepared.shards import StoredImages
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.records.prepared import FACTS, MANIFEST, NEAR_PAIRS, PICTURES, UNFINISHED, Settings, read_facts

INTERRUPTED = "interrupted"  # shards that an interrupted preparation had written
SPLIT_SETTINGS = ("validation_fraction", "test_fraction", "validation_count", "test_count", "split_seed", "folds")


@dataclass(frozen=True)
class EarlierWork:
    """What can be taken over.

    Attributes:
        memory: scanned files.
        pictures: stored squares.
        sha256: of the files that the stored squares were made of.
        splits: split by file; what is to be kept.
        folds: fold by file.
        near_pairs: verified near copies, with the columns first and second as file names, kind and difference.
    """

    memory: ScanMemory
    pictures: StoredImages
    sha256: dict[str, str]
    splits: dict[str, str]
    folds: dict[str, int]
    near_pairs: pd.DataFrame | None


def load_earlier(folder: Path, earlier: Path | None, settings: Settings, again: bool) -> EarlierWork:
    """Reads what an unfinished folder and an older version of the data set hold, and makes the folder ready.

    Only work that was done with the same settings counts; an unfinished folder of other settings is emptied.

    Args:
        folder: where the new version is made; may hold what an interrupted preparation had done.
        earlier: the older version, if there is one.
        settings: of the new version.
        again: whether every picture is to be read again; then only the split is taken over.

    Raises:
        UserError: `data.keep_split` names no manifest.
    """
    _tidy(folder, settings, again)
    places = [(folder, sorted((folder / INTERRUPTED).glob("*")))]
    if earlier is not None and not again and _pixel_settings(_settings_of(earlier)) == _pixel_settings(settings):
        places.append((earlier, [earlier / PICTURES]))
    memory = ScanMemory.read([place for place, _ in places])
    pictures = StoredImages.open([pictures for _, folders in reversed(places) for pictures in folders])
    sha256 = {file: str(row["sha256"]) for file, (row, *_) in memory.rows.items() if file in pictures.places}
    splits, folds = _read_split(earlier, settings)
    return EarlierWork(memory, pictures, sha256, splits, folds, _read_near_pairs([place for place, _ in places]))


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
    preparation = settings.preparation.model_dump(mode="json")
    data = settings.data
    return json.dumps([data.image_size, data.training_size, data.max_megapixels, preparation])


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


def _read_split(earlier: Path | None, settings: Settings) -> tuple[dict[str, str], dict[str, int]]:
    """Split and fold of every file that keeps its own."""
    if settings.data.keep_split is not None:
        return _split_columns(_read_manifest(Path(settings.data.keep_split).expanduser()))
    before = _settings_of(earlier) if earlier is not None and (earlier / FACTS).exists() else None
    if earlier is None or before is None:
        return {}, {}
    if any(getattr(before.data, name) != getattr(settings.data, name) for name in SPLIT_SETTINGS):
        return {}, {}
    return _split_columns(pd.read_parquet(earlier / MANIFEST))


def _split_columns(manifest: pd.DataFrame) -> tuple[dict[str, str], dict[str, int]]:
    kept = manifest[manifest["status"] == KEPT]
    splits = dict(zip(kept["file"], kept["split"], strict=True))
    divided = kept[kept["fold"] >= 0] if "fold" in kept else kept[:0]
    return splits, dict(zip(divided["file"], divided["fold"].astype(int), strict=True))


def _read_manifest(path: Path) -> pd.DataFrame:
    columns: Sequence[str] = ("file", "status", "split")
    try:
        if path.is_dir():
            path = path / MANIFEST
        manifest = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f"data.keep_split: {path} cannot be read as a manifest ({error})") from error
    missing = [column for column in columns if column not in manifest]
    if missing:
        raise UserError(f"data.keep_split: {path} is no manifest: it has no column {' and '.join(missing)}")
    return manifest
