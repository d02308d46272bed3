"""The split of an earlier preparation: a picture keeps its side by its content, whatever it is called now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vitrine.data.manifest.name_index import NAMES_AT_ONCE, NameIndex
from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import EVERY_SPLIT, GATE, TEST
from vitrine.data.sources.names import compose, suggest_columns
from vitrine.errors import UserError
from vitrine.records.manifest import ManifestBuilder
from vitrine.records.prepared import MANIFEST, MANIFEST_FOR_PEOPLE, Settings
from vitrine.records.spreadsheet import read_guarded_csv

SPLIT_SETTINGS = (
    *("validation_fraction", "test_fraction", "gate_fraction", "validation_count", "test_count"),
    *("split_seed", "folds", "group_by"),
)
SPLIT_COLUMNS = ("file", "status", "split", "sha256", "fold")
NO_FOLD = -1
# Of the pictures that an earlier preparation kept; split: place in `EVERY_SPLIT`; composed: the name in NFC.
KEPT_PICTURES = pa.schema(
    {"file": pa.large_string(), "composed": pa.large_string(), "sha256": pa.large_string()}
    | {"split": pa.int8(), "fold": pa.int64()}
)


class Side(NamedTuple):
    """Where a picture stood: its split, and its fold or -1."""

    split: str
    fold: int


@dataclass(frozen=True)
class EarlierSplit:
    """Where the pictures of an earlier preparation stood.

    Attributes:
        pictures: columns as in `KEPT_PICTURES`, mapped from a file.
        sides: that there are.
        numbers: place of the side of each picture in `sides`, `[pictures]`.
        by_file: rows by file name.
        by_letters: rows by composed file name, of those that are stored otherwise.
        by_content: rows by SHA-256. Of copies on several sides, the one that a network has seen most of counts: what
            was trained on must not become a test picture.
        is_kept: whether pictures keep their side; not where somebody asked for another split.
        remark: what a person should know about it; "" for nothing.
    """

    pictures: pa.Table
    sides: Sequence[Side]
    numbers: npt.NDArray[np.int16]
    by_file: NameIndex
    by_letters: NameIndex
    by_content: NameIndex
    is_kept: bool = True
    remark: str = ""

    @property
    def folds(self) -> set[int]:
        """The folds that held pictures."""
        return {side.fold for side in self.sides} - {NO_FOLD}

    def side_of(self, file: str) -> Side | None:
        """Where the picture of a file name stood."""
        row = self.by_file.find(file)
        return None if row is None else self._side(row)

    def find(self, manifest: pd.DataFrame, rows: npt.NDArray[np.int64] | None = None) -> list[Side | None]:
        """The earlier side of rows of a new manifest; None of those that are new.

        Known is first a file of the same name and content, then the content under any name, then the name with new
        content, unless what it held goes on under another name: the files were renumbered, and this one is new.

        Args:
            manifest: with the columns file and sha256.
            rows: positions of those that count; None: all.
        """
        rows = np.arange(len(manifest)) if rows is None else rows
        pictures = manifest[["file", "sha256"]]
        present = NameIndex(pa.Table.from_pandas(pictures[["sha256"]], preserve_index=False)["sha256"], rows)
        sides: list[Side | None] = []
        for start in range(0, len(rows), NAMES_AT_ONCE):  # the columns may lie in a file: they are not copied
            part = pictures.iloc[rows[start : start + NAMES_AT_ONCE]]
            sides += map(self._find, part["file"], part["sha256"], repeat(present))
        return sides

    def _find(self, file: str, content: str, present: NameIndex) -> Side | None:
        row = self._find_file(file)
        before = "" if row is None else self.pictures["sha256"][row].as_py()
        if row is not None and before == content:
            return self._side(row)
        same = self.by_content.find(content)
        if same is not None:
            return self._side(same)
        return None if row is None or before in present else self._side(row)

    def _find_file(self, file: str) -> int | None:
        """Its row; a disk of another system may store accents otherwise."""
        for name in dict.fromkeys((file, compose(file))):
            row = self.by_file.find(name)
            row = self.by_letters.find(name) if row is None else row
            if row is not None:
                return row
        return None

    def _side(self, row: int) -> Side:
        side: Side = self.sides[self.numbers[row]]
        return side

    def describe_moves(self, manifest: pd.DataFrame) -> list[str]:
        """Sentences on the kept pictures that are on another side than before; none where all kept theirs.

        Args:
            manifest: divided.
        """
        kept = np.flatnonzero(manifest["status"] == KEPT)
        moved = [
            (before.split, split)
            for before, split in zip(self.find(manifest, kept), manifest["split"].iloc[kept], strict=True)
            if before is not None and before.split != split
        ]
        notes = [self.remark] if self.remark else []
        if moved:
            notes.append(f"{_pictures(len(moved))} on another side of the split than in the earlier preparation.")
        seen = sum(split == TEST for _, split in moved)
        if seen:
            notes.append(
                f"{_pictures(seen)} now for testing that {'was' if seen == 1 else 'were'} for training or validation "
                "before: figures of models of that time are too good on this test."
            )
        freed = sum(before == GATE for before, _ in moved)
        if freed:
            notes.append(
                f"{_pictures(freed)} no longer for the gate: what a model learns from them, they cannot judge. Prepare "
                "again with data.gate_fraction as before to keep them for it."
            )
        judging = sum(after == GATE for _, after in moved)
        if judging:
            notes.append(
                f"{_pictures(judging)} now for the gate that {'was' if judging == 1 else 'were'} on another side "
                "before: models of that time may have learned from them, so train one anew before a retraining."
            )
        return notes


def _pictures(count: int) -> str:
    return f"{count:,} {'picture is' if count == 1 else 'pictures are'}"


def read_split(
    earlier: Path | None,
    before: Settings | None,
    settings: Settings,
    damaged: frozenset[str],
    scratch: Path | None = None,
) -> EarlierSplit:
    """Where the pictures stood that the recipe's `data.keep_split`, or else the older data set, names.

    Args:
        earlier: folder of the older data set, if there is one.
        before: its settings; None where they cannot be read, so that nobody can have asked for another split.
        settings: of the new preparation.
        damaged: files of the older data set that are not to be trusted.
        scratch: folder for a file without a name that holds names and digests; None: memory.

    Raises:
        UserError: `data.keep_split` names no manifest.
    """
    if settings.data.keep_split is not None:
        return gather_split([_read_named_manifest(Path(settings.data.keep_split).expanduser())], scratch=scratch)
    if earlier is None:
        return gather_split([])
    is_kept = before is None or all(
        getattr(before.data, name) == getattr(settings.data, name) for name in SPLIT_SETTINGS
    )
    for name in (MANIFEST, MANIFEST_FOR_PEOPLE):  # the second holds the same, should the first be damaged
        if name not in damaged:
            try:
                return gather_split(_read_parts(earlier / name), is_kept, scratch)
            except (OSError, ValueError, KeyError):
                continue
    remark = "The split of the earlier preparation could not be read, so it was drawn anew: pictures may be on another "
    return replace(gather_split([]), remark=f"{remark}side than before.")


def gather_split(parts: Iterable[pd.DataFrame], is_kept: bool = True, scratch: Path | None = None) -> EarlierSplit:
    """Where the kept pictures of a manifest stand.

    Args:
        parts: of the manifest, with the columns file, status and split; sha256 and fold where it has them.
        is_kept: see `EarlierSplit`.
        scratch: see `read_split`.
    """
    builder = ManifestBuilder(scratch, KEPT_PICTURES)
    for part in parts:
        builder.add(_take_kept(part))
    pictures = builder.build_table()
    splits, folds = (pictures[name].to_numpy().astype(np.int64) for name in ("split", "fold"))
    there, numbers = np.unique(np.stack([splits, folds], axis=1), axis=0, return_inverse=True)
    trained_last = np.argsort(splits, kind="stable")[::-1]
    with_content = pc.not_equal(pictures["sha256"], "").to_numpy()[trained_last]
    stored_otherwise = pc.not_equal(pictures["file"], pictures["composed"]).to_numpy()
    return EarlierSplit(
        pictures=pictures,
        sides=[Side(EVERY_SPLIT[split], fold) for split, fold in there.tolist()],
        numbers=numbers.ravel().astype(np.int16),
        by_file=NameIndex(pictures["file"]),
        by_letters=NameIndex(pictures["composed"], np.flatnonzero(stored_otherwise)),
        by_content=NameIndex(pictures["sha256"], trained_last[with_content]),
        is_kept=is_kept,
    )


def _take_kept(manifest: pd.DataFrame) -> pd.DataFrame:
    """The columns of `KEPT_PICTURES`, of the rows that stand somewhere."""
    kept = manifest.loc[(manifest["status"] == KEPT) & manifest["split"].isin(EVERY_SPLIT)]
    for name, unknown in (("sha256", ""), ("fold", NO_FOLD)):
        kept = kept if name in kept else kept.assign(**{name: unknown})
    files = kept["file"].astype("string")
    return pd.DataFrame(
        {
            "file": files,
            "composed": files.map(compose),
            "sha256": kept["sha256"].astype("string"),
            "split": pd.Categorical(kept["split"], EVERY_SPLIT).codes,
            "fold": kept["fold"].astype("int64"),
        }
    )


def _read_parts(path: Path) -> Iterator[pd.DataFrame]:
    """What of a manifest tells where pictures stand, as far as it has it: some rows at a time, or all of a CSV."""
    if path.suffix != ".parquet":
        yield read_guarded_csv(path)
        return
    with pq.ParquetFile(path) as file:
        there = [name for name in SPLIT_COLUMNS if name in file.schema_arrow.names]
        for part in file.iter_batches(NAMES_AT_ONCE, columns=there):
            yield part.to_pandas()


def _read_named_manifest(path: Path) -> pd.DataFrame:
    columns: Sequence[str] = ("file", "status", "split")
    try:
        place = path / MANIFEST if path.is_dir() else path
        manifest = pd.read_parquet(place) if place.suffix == ".parquet" else read_guarded_csv(place)
    except (OSError, ValueError) as error:
        raise UserError(f"data.keep_split: {path} cannot be read as a manifest ({error})") from error
    missing = [column for column in columns if column not in manifest]
    if missing:
        absent = suggest_columns(missing, [str(name) for name in manifest])
        raise UserError(f"data.keep_split: {path} is not a manifest: it has no column {absent}")
    return manifest
