"""The split of an earlier preparation: a picture keeps its side by its content, whatever it is called now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vitrine.data.manifest.scan import KEPT
from vitrine.data.manifest.split_names import EVERY_SPLIT, GATE, TEST
from vitrine.data.sources.names import respell, suggest_columns
from vitrine.errors import UserError
from vitrine.records.prepared import MANIFEST, MANIFEST_FOR_PEOPLE, Settings
from vitrine.records.spreadsheet import read_guarded_csv

SPLIT_SETTINGS = (
    *("validation_fraction", "test_fraction", "gate_fraction", "validation_count", "test_count"),
    *("split_seed", "folds", "group_by"),
)
NO_FOLD = -1


class Side(NamedTuple):
    """Where a picture stood: its split, and its fold or -1."""

    split: str
    fold: int


@dataclass(frozen=True)
class EarlierSplit:
    """Where the pictures of an earlier preparation stood.

    Attributes:
        by_content: by SHA-256. Of copies on several sides, the one that a network has seen most of counts: what was
            trained on must not become a test picture.
        by_file: digest (empty where the manifest has none) and side by file name.
        is_kept: whether pictures keep their side; not where somebody asked for another split.
        remark: what a person should know about it; "" for nothing.
    """

    by_content: dict[str, Side] = field(default_factory=dict)
    by_file: dict[str, tuple[str, Side]] = field(default_factory=dict)
    is_kept: bool = True
    remark: str = ""

    @property
    def folds(self) -> set[int]:
        """The folds that held pictures."""
        return {side.fold for _, side in self.by_file.values()} - {NO_FOLD}

    def find(self, manifest: pd.DataFrame) -> dict[str, Side]:
        """The earlier side of every file of a new manifest that is known.

        Known is first a file of the same name and content, then the content under any name, then the name with new
        content, unless what it held goes on under another name: the files were renumbered, and this one is new.
        """
        contents = dict(zip(manifest["file"], manifest["sha256"], strict=True))
        present = set(contents.values())
        by_file = respell(self.by_file, contents)  # a disk of another system may store accents otherwise
        found = {}
        for file, content in contents.items():
            before, side = by_file.get(file, ("", None))
            if side is None or before != content:
                side = self.by_content.get(content, None if before in present else side)
            if side is not None:
                found[file] = side
        return found

    def describe_moves(self, manifest: pd.DataFrame) -> list[str]:
        """Sentences on the kept pictures that are on another side than before; none where all kept theirs.

        Args:
            manifest: divided.
        """
        kept = manifest[manifest["status"] == KEPT]
        before = self.find(kept)
        moved = [
            (before[file].split, split)
            for file, split in zip(kept["file"], kept["split"], strict=True)
            if file in before and before[file].split != split
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
    earlier: Path | None, before: Settings | None, settings: Settings, damaged: frozenset[str]
) -> EarlierSplit:
    """Where the pictures stood that the recipe's `data.keep_split`, or else the older data set, names.

    Args:
        earlier: folder of the older data set, if there is one.
        before: its settings; None where they cannot be read, so that nobody can have asked for another split.
        settings: of the new preparation.
        damaged: files of the older data set that are not to be trusted.

    Raises:
        UserError: `data.keep_split` names no manifest.
    """
    if settings.data.keep_split is not None:
        return gather_split(_read_named_manifest(Path(settings.data.keep_split).expanduser()))
    if earlier is None:
        return EarlierSplit()
    is_kept = before is None or all(
        getattr(before.data, name) == getattr(settings.data, name) for name in SPLIT_SETTINGS
    )
    for name in (MANIFEST, MANIFEST_FOR_PEOPLE):  # the second holds the same, should the first be damaged
        if name not in damaged:
            try:
                return gather_split(_read_table(earlier / name), is_kept)
            except (OSError, ValueError, KeyError):
                continue
    return EarlierSplit(
        remark="The split of the earlier preparation could not be read, so it was drawn anew: pictures may be on "
        "another side than before."
    )


def gather_split(manifest: pd.DataFrame, is_kept: bool = True) -> EarlierSplit:
    """Where the kept pictures of a manifest stand.

    Args:
        manifest: with the columns file, status and split; sha256 and fold where it has them.
        is_kept: see `EarlierSplit`.
    """
    kept = manifest[(manifest["status"] == KEPT) & manifest["split"].isin(EVERY_SPLIT)]
    digests = kept["sha256"].astype(str) if "sha256" in kept else [""] * len(kept)
    folds = kept["fold"].astype(int) if "fold" in kept else [NO_FOLD] * len(kept)
    by_content: dict[str, Side] = {}
    by_file: dict[str, tuple[str, Side]] = {}
    for file, digest, split, fold in zip(kept["file"].astype(str), digests, kept["split"], folds, strict=True):
        side = Side(str(split), int(fold))
        by_file[file] = digest, side
        if digest:
            by_content[digest] = min(by_content.get(digest, side), side, key=lambda one: EVERY_SPLIT.index(one.split))
    return EarlierSplit(by_content, by_file, is_kept)


def _read_table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else read_guarded_csv(path)


def _read_named_manifest(path: Path) -> pd.DataFrame:
    columns: Sequence[str] = ("file", "status", "split")
    try:
        manifest = _read_table(path / MANIFEST if path.is_dir() else path)
    except (OSError, ValueError) as error:
        raise UserError(f"data.keep_split: {path} cannot be read as a manifest ({error})") from error
    missing = [column for column in columns if column not in manifest]
    if missing:
        absent = suggest_columns(missing, [str(name) for name in manifest])
        raise UserError(f"data.keep_split: {path} is not a manifest: it has no column {absent}")
    return manifest
