"""The prepared data set: how to open it, and how to show its pictures."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from PIL import Image

from vitrine.data.images.preprocessing import Preparation
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepared.local_copy import make_local
from vitrine.data.prepared.shards import open_files, open_shards
from vitrine.data.prepared.training_files import TrainingFiles, list_kept_files, list_training_files
from vitrine.data.prepared.training_index import open_index
from vitrine.data.prepared.version import VERSION_COLUMNS, compute_version
from vitrine.data.sources.addresses import address_of
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records.checksums import Damage
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import PICTURES, PreparedFacts, check_files, read_facts, refuse_damage


@dataclass(frozen=True)
class PreparedDataset:
    """An opened prepared data set.

    Attributes:
        folder: where it lies.
        facts: the content of `prepared.json`.
        splits: train, validation and test, and gate where pictures are set aside for it, with the columns image
            (squashed to a square), label, file, and width and height of the upright original in pixels;
            memory-mapped. Training pictures that are streamed have `shard` and `place` in place of the image.
        away: the files of training pictures, some of which are in a store only; None: all are in the folder.
        sample: training pictures that are in the folder, where not all are looked at; see `training_sample`.
    """

    folder: Path
    facts: PreparedFacts
    splits: datasets.DatasetDict
    away: TrainingFiles | None = None
    sample: datasets.Dataset | None = None

    @property
    def training_sample(self) -> datasets.Dataset:
        """The training pictures for what looks at a part of them in no order, as studies and galleries do."""
        return self.splits[TRAIN] if self.sample is None else self.sample

    def show(self, row: dict[str, Any], longest_side: int) -> Image.Image:
        """A row's picture for people to look at: in its own proportions, or as the square that the network sees.

        An image that was cut or has bars cannot get its proportions back.

        Args:
            row: of a split.
            longest_side: of the result in pixels; a smaller original is not enlarged.
        """
        if Preparation.from_section(self.facts.settings.preparation).keeps_the_view:
            return display_image(row, min(longest_side, max(row["width"], row["height"])))
        preprocessed: Image.Image = row["image"]
        side = min(longest_side, preprocessed.width)
        return preprocessed.resize((side, side), Image.Resampling.LANCZOS)

    @property
    def version(self) -> str:
        """Digest of its pictures, labels and split; of data sets of earlier builds it is computed."""
        return self.facts.version or compute_version(read_manifest(self.folder, VERSION_COLUMNS), self.facts.settings)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names in the order of the label ids."""
        return tuple(self.facts.label_names)


def open_prepared(folder: Path, fold: int | None = None) -> PreparedDataset:
    """Opens what `write_prepared` wrote.

    Args:
        folder: of the prepared data set, or its address in a store, of which a copy is made and opened.
        fold: which fold is for validation, where the data set is divided into folds; None takes the one of its recipe.

    Raises:
        UserError: there is none, another version of Vitrine wrote it, parts of it are missing, or the fold is empty.
    """
    folder = make_local(folder)
    facts = read_facts(folder)
    check_files(folder, facts)
    splits = _open_splits(folder, facts)
    if facts.settings.data.folds is not None and fold not in (None, facts.settings.data.fold):
        splits |= _choose_fold(splits, folder, fold)
        facts = facts.model_copy(update={"counts": {split: _count_labels(splits[split], facts) for split in splits}})
    return PreparedDataset(folder, facts, datasets.DatasetDict(splits))


def open_streamed(place: Path) -> PreparedDataset:
    """Opens a data set of which most training pictures stay in the store where it lies.

    Args:
        place: its address; or its folder, of which all is opened, but the sample is that of its address.

    Raises:
        UserError: see `open_prepared`; or it was prepared by a version that cannot be streamed.
    """
    folder = make_local(place, full=True, streamed=True)
    facts = read_facts(folder)
    files, kept = list_training_files(facts), [folder / name for name in list_kept_files(facts)]
    away = [name for name in files if not (folder / name).exists()]
    address = address_of(place)
    if address is None or not away:
        prepared = open_prepared(folder)
        return replace(prepared, sample=open_files(kept, TRAIN, facts.label_names)) if kept else prepared
    here = facts.model_copy(update={"files": {name: facts.files[name] for name in facts.files if name not in away}})
    check_files(folder, here)
    splits = datasets.DatasetDict(_open_splits(folder, here, is_streamed=True))
    sample = open_files(kept, TRAIN, facts.label_names)
    sums = {name: facts.files[name] for name in files}
    return PreparedDataset(folder, here, splits, TrainingFiles(address, folder, sums), sample)


def _open_splits(folder: Path, facts: PreparedFacts, is_streamed: bool = False) -> dict[str, datasets.Dataset]:
    try:
        splits = {
            split: open_index(folder)
            if is_streamed and split == TRAIN
            else open_shards(folder / PICTURES, split, facts.label_names)
            for split in facts.counts
        }
        missing = [split for split in facts.counts if len(splits[split]) != sum(facts.counts[split].values())]
    except (OSError, ValueError) as error:  # pyarrow's error on a damaged file is a ValueError
        raise UserError(
            f"{folder / PICTURES} is incomplete or damaged; run `{command_line('prepare')}` with the same recipe again"
        ) from error
    refuse_damage(folder, [Damage(PICTURES, f"lacks pictures for {split}") for split in missing])
    return splits


def _choose_fold(splits: dict[str, datasets.Dataset], folder: Path, fold: int | None) -> dict[str, datasets.Dataset]:
    """Training and validation pictures, divided anew: validation gets those of the fold."""
    rows = datasets.concatenate_datasets([splits[TRAIN], splits[VALIDATION]])
    manifest = read_manifest(folder, ("file", "fold"))
    fold_of = dict(zip(manifest["file"], manifest["fold"], strict=True))
    files = np.asarray(rows["file"][:], dtype=object)
    order = np.argsort(files, kind="stable")
    held_out = np.array([fold_of[file] == fold for file in files[order]])
    if not held_out.any():
        there = ", ".join(str(one) for one in sorted(set(fold_of.values())) if one >= 0)
        raise UserError(
            f"data.fold: no picture of {folder} is in fold {fold}; take one of {there}, or prepare it with all folds "
            f"filled: `{command_line('prepare')} --again`"
        )
    return {TRAIN: rows.select(order[~held_out]), VALIDATION: rows.select(order[held_out])}


def _count_labels(rows: datasets.Dataset, facts: PreparedFacts) -> dict[str, int]:
    counts = np.bincount(np.asarray(rows["label"][:], dtype=int), minlength=len(facts.label_names))
    return dict(zip(facts.label_names, counts.tolist(), strict=True))


def display_image(row: dict[str, Any], longest_side: int) -> Image.Image:
    """The stored image with the proportions of its original, for people to look at.

    Args:
        row: a row of a split.
        longest_side: of the result, in pixels.
    """
    scale = longest_side / max(row["width"], row["height"])
    size = max(1, round(row["width"] * scale)), max(1, round(row["height"] * scale))
    picture: Image.Image = row["image"]
    return picture.resize(size, Image.Resampling.LANCZOS)
