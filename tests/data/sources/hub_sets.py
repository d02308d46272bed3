"""Small data sets as the Hugging Face Hub has them, and what is found in them."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets

from tests.conftest import draw_shape
from vitrine.config.data import DataSection
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.hub_dataset import find_dataset_files


def encode(number: int = 0, extension: str = "png") -> bytes:
    """A small picture as a file."""
    stream = io.BytesIO()
    draw_shape(0, number).save(stream, {"jpg": "JPEG"}.get(extension, extension.upper()))
    return stream.getvalue()


def make_dataset(
    labels: Sequence[Any] = ("cat", "dog", "cat"), names: Sequence[str] = ("cat", "dog"), **further: list[Any]
) -> datasets.Dataset:
    """Three pictures, PNG, JPEG and WebP, the first with a path in its row."""
    pictures = [
        {"bytes": encode(0), "path": "holiday photos/dog 3.png"},
        {"bytes": encode(1, "jpg"), "path": None},
        {"bytes": encode(2, "webp"), "path": None},
    ]
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=list(names)),
        **{name: datasets.Value("string") for name in further},
    )  # fmt: skip
    return datasets.Dataset.from_dict({"image": pictures, "label": list(labels)} | further, features=features)


def find(folder: Path, tmp_path: Path, **sections: Any) -> list[FoundFile]:
    """What a local copy of a data set holds; its pictures come into `tmp_path / "workspace"`."""
    return find_dataset_files(str(folder), DataSection(**sections), tmp_path / "workspace")


def save_parquet(
    folder: Path, name: str = "data/train-00000-of-00001.parquet", dataset: datasets.Dataset | None = None
) -> Path:
    """Writes a data set, or the usual one, as a file of a local copy; gives the folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (make_dataset() if dataset is None else dataset).to_parquet(folder / name)
    return folder
