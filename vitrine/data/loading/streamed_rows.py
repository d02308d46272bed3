"""Rows of training pictures out of files that come and go; what is asked for is there when it is asked for."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from vitrine.data.loading.shard_batches import SHARDS_AT_A_TIME


def undecoded(rows: datasets.Dataset) -> datasets.Dataset:
    """Images and labels alone; of the images the stored bytes, which go straight into a batch."""
    return rows.select_columns(["image", "label"]).cast_column("image", datasets.Image(decode=False))


class StreamedRows:
    """Takes the place of a split of which not all files are on this machine.

    Args:
        index: of the training pictures, with the columns label, shard and place.
        paths: of the files, by the number `shard`; a file must be there while its rows are asked for.
    """

    def __init__(self, index: datasets.Dataset, paths: Sequence[Path]) -> None:
        self._index = index.select_columns(["label", "shard", "place"])
        self._paths = paths

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, indices: list[int]) -> dict[str, list[Any]]:
        """Images, not decoded, and labels of some rows, in their order."""
        rows = self._index[indices]
        shards, places = np.asarray(rows["shard"]), np.asarray(rows["place"])
        images: list[Any] = [None] * len(indices)
        for shard in np.unique(shards).tolist():
            wanted = np.flatnonzero(shards == shard)
            found = _open_file(self._paths[shard])[places[wanted].tolist()]["image"]
            for number, image in zip(wanted.tolist(), found, strict=True):
                images[number] = image
        return {"image": images, "label": rows["label"]}


@lru_cache(SHARDS_AT_A_TIME)  # those of a group: a file that was removed takes room as long as it is open
def _open_file(path: Path) -> datasets.Dataset:
    return undecoded(datasets.Dataset.from_file(str(path)))
