"""The prepared data set: what lies in its folder, and how to open it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import datasets
import pandas as pd
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.config.schema import ChecksSection, DataSection, LabelsSection, PreparationSection
from vitrine.errors import UserError

FACTS = "prepared.json"
MANIFEST = "manifest.parquet"
MANIFEST_FOR_PEOPLE = "manifest.csv"
PICTURES = "pictures"
REPORT = "report.html"


class Settings(BaseModel):
    """What decides the content of a prepared data set: four sections of the recipe, without what only train.py reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataSection
    labels: LabelsSection = LabelsSection()
    checks: ChecksSection = ChecksSection()
    preparation: PreparationSection = PreparationSection()

    def content(self) -> dict[str, Any]:
        """Every parameter that decides the content, by its dotted name; not where it lies or which fold is chosen."""
        return {
            name: value
            for name, value in _flatten(self.model_dump(mode="json"))
            if name not in ("data.prepared", "data.fold", "data.keep_split")
        }


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and name != "rename":
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class PreparedFacts(BaseModel):
    """What `prepared.json` says: numbers and sentences about the data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    name: str
    label_names: list[str]
    image_size: int
    files_found: int
    files_kept: int
    files_quarantined: int
    files_left_out: int
    counts: dict[str, dict[str, int]]
    notes: list[str]
    source: str
    created: str
    settings: Settings


@dataclass(frozen=True)
class PreparedDataset:
    """An opened prepared data set.

    Attributes:
        folder: where it lies.
        facts: the content of `prepared.json`.
        splits: train, validation and test with the columns image (squashed to a square), label, file, and width and
            height of the upright original in pixels; memory-mapped.
    """

    folder: Path
    facts: PreparedFacts
    splits: datasets.DatasetDict

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names in the order of the label ids."""
        return tuple(self.facts.label_names)


def open_prepared(folder: Path) -> PreparedDataset:
    """Opens what `write_prepared` wrote.

    Raises:
        UserError: there is none, another version of Vitrine wrote it, or parts of it are missing.
    """
    if not (folder / FACTS).exists():
        raise UserError(
            f"{folder} is not a prepared data set (no {FACTS}); run data_prep.py with the same recipe first"
        )
    try:
        facts = PreparedFacts.model_validate_json((folder / FACTS).read_bytes())
    except ValidationError as error:
        raise UserError(f"{folder / FACTS} is not as this version writes it; run data_prep.py again") from error
    try:
        splits = datasets.load_from_disk(folder / PICTURES)
    except (OSError, ValueError) as error:  # pyarrow's error on a damaged file is a ValueError
        raise UserError(f"{folder / PICTURES} is incomplete or damaged; run data_prep.py again") from error
    return PreparedDataset(folder, facts, splits)


def check_place(folder: Path, source: Path) -> None:
    """Makes sure that writing a prepared data set to `folder` overwrites nothing but an older one.

    Raises:
        UserError: the folder holds something else, it and the source lie within each other, or its name cannot be used.
    """
    final, pictures = folder.resolve(), source.resolve()
    if "::" in str(final):  # `datasets` would take it for two addresses in one
        raise UserError(f"data.prepared: {final} has '::' in its name; choose a folder without")
    if final.is_relative_to(pictures) or pictures.is_relative_to(final):
        raise UserError(
            f"data.prepared: {folder} and data.source {source} lie within each other, and the source is never changed; "
            "run the command in another folder, or set data.prepared"
        )
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / FACTS).exists()):
        raise UserError(
            f"data.prepared: {folder} is there already, is no prepared data set, and is not overwritten; "
            "choose another name or data.prepared"
        )


def read_manifest(folder: Path) -> pd.DataFrame:
    """One row per file found; columns as in `manifest.COLUMNS`."""
    return pd.read_parquet(folder / MANIFEST)


def display_picture(row: dict[str, Any], longest_side: int) -> Image.Image:
    """The stored square stretched back to the proportions of its original, for people to look at.

    Args:
        row: a row of a split.
        longest_side: of the result, in pixels.
    """
    scale = longest_side / max(row["width"], row["height"])
    size = max(1, round(row["width"] * scale)), max(1, round(row["height"] * scale))
    picture: Image.Image = row["image"]
    return picture.resize(size, Image.Resampling.LANCZOS)
