"""The card of a prepared data set: what is in it, where it comes from, how it was made, and hashes to check it by."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
from huggingface_hub import DatasetCard, DatasetCardData

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.records.prepared import CARD, MANIFEST, PICTURES, PreparedFacts
from vitrine.records.public import last_name
from vitrine.ship.markdown import render_markdown

UNKNOWN_LICENSE = "unknown"
MOST_REASONS = 20
COMMON_COLUMNS = ("image", "label", "file", "width", "height")
LOCAL_LOADING = 'import datasets\n\nsplits = datasets.load_dataset(".")  # the folder that this file lies in'
# The Hub's size classes: smallest number of pictures beyond each.
SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def render_data_card(
    facts: PreparedFacts,
    unused: pd.DataFrame,
    manifest_sha256: str,
    split_sha256: Mapping[str, str],
    columns: Sequence[str] = COMMON_COLUMNS,
    license_id: str | None = None,
    repo_id: str | None = None,
) -> str:
    """The whole README.md with its YAML head.

    Args:
        facts: of the prepared data set; paths of this machine in it are not shown.
        unused: one row per file that is not used, with the column reason.
        manifest_sha256: of the manifest's Parquet file.
        split_sha256: as `hash_splits` gives it.
        columns: of the splits.
        license_id: a licence id of the Hub, or None where it is not known.
        repo_id: where it is published, or None for the card in the folder itself.
    """
    public = make_public(facts)
    not_used = unused["reason"].value_counts().head(MOST_REASONS)
    further = [name for name in columns if name not in COMMON_COLUMNS]
    text = render_markdown(
        "data_card.md.jinja",
        facts=public,
        source=public.source,
        license_id=license_id or UNKNOWN_LICENSE,
        splits=list(facts.counts),
        rows=[
            {"label_name": name, "counts": [counts.get(name, 0) for counts in facts.counts.values()]}
            for name in facts.label_names
        ],
        totals=[sum(counts.values()) for counts in facts.counts.values()],
        reasons=not_used.to_dict(),
        notes=public.notes,
        loading=f'import datasets\n\nsplits = datasets.load_dataset("{repo_id}")' if repo_id else LOCAL_LOADING,
        further_columns=", ".join(f"`{name}`" for name in further),
        settings={
            name: _say(value)
            for name, value in public.settings.content().items()
            if _say(value) and name != "data.source"
        },
        manifest_sha256=manifest_sha256,
        split_sha256=split_sha256,
    )
    head = DatasetCardData(
        license=license_id or UNKNOWN_LICENSE,
        pretty_name=facts.name,
        task_categories=["image-classification"],
        size_categories=[next((name for most, name in SIZE_CATEGORIES if facts.files_kept < most), "1M<n<10M")],
        tags=["vitrine"],
        configs=None if repo_id else [_name_files(facts)],
    )
    return f"---\n{head.to_yaml()}\n---\n\n{text}"


def write_data_card(prepared: PreparedDataset, unused: pd.DataFrame) -> None:
    """Writes README.md into the folder of a prepared data set, beside its manifest.

    The manifest's hash stands for all: it holds that of every file. The pixels are hashed when they are published.

    Args:
        prepared: the data set.
        unused: see `render_data_card`.
    """
    card = render_data_card(
        prepared.facts,
        unused,
        hash_file(prepared.folder / MANIFEST),
        {},
        columns_of(prepared.splits),
    )
    (prepared.folder / CARD).write_text(card, encoding="utf-8")


def merge_cards(ours: str, theirs: str) -> str:
    """Our card; what else stands in the head of theirs stays: the columns and files that `datasets` wrote there.

    Args:
        ours: rendered card.
        theirs: README.md on the Hub.
    """
    card = DatasetCard(ours)
    head = DatasetCardData(**(read_head(theirs) | read_head(ours)))
    return f"---\n{head.to_yaml()}\n---\n{card.text}"


def read_head(card: str) -> dict[str, Any]:
    """The YAML head of a card; {} where it has none."""
    if not card.startswith("---"):
        return {}
    data: Any = DatasetCard(card, ignore_metadata_errors=True).data
    head: dict[str, Any] = data.to_dict()
    return head


def make_public(facts: PreparedFacts) -> PreparedFacts:
    """The facts without paths of this machine: of a folder or file, its name stays."""
    data = facts.settings.data
    replaced = {
        text: last_name(text)
        for text in (facts.source, data.source, data.image_folder, data.keep_split, data.corrections)
        if text
    }
    public_data = data.model_copy(
        update={
            "source": last_name(data.source),
            "prepared": None,
            "image_folder": data.image_folder and last_name(data.image_folder),
            "keep_split": data.keep_split and last_name(data.keep_split),
            "corrections": data.corrections and last_name(data.corrections),
        }
    )
    notes = []
    for note in facts.notes:
        for text in sorted(replaced, key=len, reverse=True):
            note = note.replace(text, replaced[text])
        notes.append(note)
    return facts.model_copy(
        update={
            "source": last_name(facts.source),
            "notes": notes,
            "settings": facts.settings.model_copy(update={"data": public_data}),
        }
    )


def hash_splits(splits: datasets.DatasetDict) -> dict[str, str]:
    """SHA-256 of what each split holds; equal for equal pixels, however they are stored."""
    return {name: _hash_split(split) for name, split in splits.items()}


def _hash_split(split: datasets.Dataset) -> str:
    digest = hashlib.sha256()
    names = split.features["label"].names
    for row in split.select_columns(["image", "label", "file"]):
        pixels = np.asarray(row["image"].convert("RGB")).tobytes()
        for part in (row["file"].encode(), names[row["label"]].encode(), pixels):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def columns_of(splits: datasets.DatasetDict) -> list[str]:
    """Column names, the same in all splits."""
    return list(next(iter(splits.values())).column_names)


def _name_files(facts: PreparedFacts) -> dict[str, Any]:
    """Read by `datasets`, which would otherwise take every file of the folder for pictures."""
    files = [{"split": split, "path": f"{PICTURES}/{split}-*.arrow"} for split in facts.counts]
    return {"config_name": "default", "data_files": files}


def _say(value: Any) -> str:
    """A setting in words; "" for what is not set, so that no blank is shown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
