"""The pictures of an earlier preparation: read one by one, or taken over by whole files."""

import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.data.manifest.name_index import NameIndex
from vitrine.data.prepared.shards import image_features, rows_per_shard

# Linking leaves a short file with every addition; beyond so many, their pictures are written anew.
MOST_SHORT_SHARDS = 16


@dataclass(frozen=True)
class StoredImages:
    """Pictures of an earlier preparation, by file.

    Attributes:
        shards: the opened shards, by their files.
        rows: by file name, the row in all shards, one behind the other.
        starts: the row of the first picture of each shard, and at last the number of all, `[shards + 1]`.
        label_ids: of every row.
    """

    shards: Mapping[Path, datasets.Dataset]
    rows: NameIndex
    starts: npt.NDArray[np.int64]
    label_ids: npt.NDArray[np.int64]

    @classmethod
    def open(cls, folders: Iterable[Path], leave_out: Collection[Path] = ()) -> "StoredImages":
        """Opens all readable shards of folders; a file that was cut short by an interruption is passed over.

        Args:
            folders: of shards.
            leave_out: files that are known to be damaged, readable or not.
        """
        shards: dict[Path, datasets.Dataset] = {}
        for path in sorted(path for folder in folders for path in folder.glob("*.arrow") if path not in leave_out):
            try:
                shards[path] = datasets.Dataset.from_file(str(path)).cast_column("image", datasets.Image(decode=False))
            except (OSError, ValueError):
                continue
        columns = [[shard.data.column(name) for shard in shards.values()] for name in ("file", "label")]
        files, label_ids = (
            pa.chunked_array([chunk for column in parts for chunk in column.chunks], kind)
            for parts, kind in zip(columns, (pa.string(), pa.int64()), strict=True)
        )
        starts = np.cumsum([0, *(len(shard) for shard in shards.values())])
        return cls(shards, NameIndex(files), starts, label_ids.to_numpy())

    def read(self, file: str) -> bytes | None:
        """The stored square of a file, or None."""
        place = self.locate(file)
        if place is None:
            return None
        shard, row = place
        content: bytes = self.shards[shard][row]["image"]["bytes"]
        return content

    def locate(self, file: str) -> tuple[Path, int] | None:
        """The shard that holds the square of a file, and its row there."""
        row = self.rows.find(file)
        if row is None:
            return None
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        return list(self.shards)[number], row - int(self.starts[number])

    def link_unchanged(
        self,
        folder: Path,
        split: str,
        wanted: Iterable[tuple[str, int]],
        label_names: Sequence[str],
        image_size: int,
    ) -> npt.NDArray[np.bool_]:
        """Takes over whole shards of which every picture is still wanted, without copying them.

        Args:
            folder: where the new shards are to be.
            split: name of the split; shards of other splits are not taken.
            wanted: name and label id of files; -1 where the stored square is not right any more.
            label_names: class names in the order of the label ids.
            image_size: of the squares, in pixels.

        Returns:
            Which of the files need not be written any more, `[wanted]`.
        """
        features = image_features(label_names)
        rows = np.fromiter((self._find_labeled(file, label_id) for file, label_id in wanted), np.int64)
        is_wanted = np.zeros(len(self.label_ids), bool)
        is_wanted[rows[rows >= 0]] = True
        usable = [
            number
            for number, (path, shard) in enumerate(self.shards.items())
            if path.name.startswith(f"{split}-")
            and len(shard)
            and is_wanted[self.starts[number] : self.starts[number + 1]].all()
            and shard.features["label"] == features["label"]
        ]
        paths = list(self.shards)
        full = [number for number in usable if len(self.shards[paths[number]]) >= rows_per_shard(image_size)]
        if len(usable) - len(full) > MOST_SHORT_SHARDS:
            usable = full
        for place, number in enumerate(usable):
            _link(paths[number], folder / f"{split}-{place:05d}.arrow")
        holders = np.searchsorted(self.starts, rows, side="right") - 1
        linked: npt.NDArray[np.bool_] = (rows >= 0) & np.isin(holders, usable)
        return linked

    def _find_labeled(self, file: str, label_id: int) -> int:
        """The row of a file, -1 where it is not there under this label."""
        row = None if label_id < 0 else self.rows.find(file)
        return -1 if row is None or self.label_ids[row] != label_id else row


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
