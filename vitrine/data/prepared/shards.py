"""The pictures of a prepared data set: Arrow files of a few hundred megabytes, which `datasets` opens anywhere.

They are written once, directly: `Dataset.from_generator` and `save_to_disk` would write every picture twice.
"""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.manifest.name_index import NameIndex

SHARD_BYTES = 256_000_000
BATCH_BYTES = 10_000_000  # written together, read one by one; each batch takes some kilobytes in a reader's memory
# Linking leaves a short file with every addition; beyond so many, all is written anew.
MOST_SHORT_SHARDS = 16


def image_features(label_names: Sequence[str]) -> datasets.Features:
    """Columns of the stored pictures."""
    return datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=list(label_names)),
        file=datasets.Value("string"),
        width=datasets.Value("int32"),
        height=datasets.Value("int32"),
    )


def bytes_per_image(image_size: int) -> int:
    """What a stored square takes on disk."""
    return 3 * image_size * image_size + 100


def rows_per_shard(image_size: int) -> int:
    """How many pictures a full file holds."""
    return max(rows_per_batch(image_size), SHARD_BYTES // bytes_per_image(image_size))


def rows_per_batch(image_size: int) -> int:
    """How many pictures are written together."""
    return max(1, BATCH_BYTES // bytes_per_image(image_size))


def read_side(preprocessed: bytes) -> int:
    """Side of a stored square in pixels: PPM begins with "P6 224 224 255" on lines of their own."""
    return int(preprocessed[:16].split()[1])


def list_shards(folder: Path, split: str) -> list[Path]:
    """The files of a split, in their order."""
    return sorted(folder.glob(f"{split}-[0-9]*.arrow"))


def open_shards(folder: Path, split: str, label_names: Sequence[str]) -> datasets.Dataset:
    """All pictures of a split in the order of their file names, memory-mapped.

    The order does not depend on when a picture was added, so that equal data sets train equal networks.

    Args:
        folder: of the shards.
        split: train, validation or test.
        label_names: in the order of the label ids.

    Raises:
        OSError: a file is damaged (pyarrow's error is one, or a ValueError).
    """
    return open_files(list_shards(folder, split), split, label_names)


def open_files(paths: Sequence[Path], split: str, label_names: Sequence[str]) -> datasets.Dataset:
    """The pictures of some files of a split, as `open_shards` gives those of all."""
    if not paths:
        return datasets.Dataset.from_dict(
            {name: [] for name in image_features(label_names)}, features=image_features(label_names)
        )
    rows = datasets.concatenate_datasets([datasets.Dataset.from_file(str(path), split=split) for path in paths])
    order = pc.sort_indices(rows.data.column("file")).to_numpy()  # in Arrow: as Python's, names take 80 bytes each
    return rows if (order[1:] > order[:-1]).all() else rows.select(order)


class ShardWriter:
    """Appends pictures to the files of one split; use as a context.

    Args:
        folder: takes `<split>-00000.arrow` and so on.
        split: name of the split.
        label_names: class names in the order of the label ids.
        image_size: of the squares, in pixels.
    """

    def __init__(self, folder: Path, split: str, label_names: Sequence[str], image_size: int) -> None:
        self._folder = folder
        self._split = split
        self._schema = image_features(label_names).arrow_schema
        self._rows_per_shard = rows_per_shard(image_size)
        self._rows_per_batch = rows_per_batch(image_size)
        self._rows: list[dict[str, Any]] = []
        self._rows_in_shard = 0
        self._stream: pa.ipc.RecordBatchStreamWriter | None = None

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._close_shard()

    def write(self, content: bytes, label_id: int, file: str, width: int, height: int) -> None:
        """Appends a picture: `content` is an image file, `width` and `height` are those of its upright original.

        Args:
            content: an image file.
            label_id: its class.
            file: its name in the source.
            width: of its upright original, in pixels.
            height: likewise.
        """
        image = {"bytes": content, "path": None}
        self._rows.append({"image": image, "label": label_id, "file": file, "width": width, "height": height})
        self._rows_in_shard += 1
        if len(self._rows) >= self._rows_per_batch:
            self._flush()
        if self._rows_in_shard >= self._rows_per_shard:
            self._close_shard()

    def _flush(self) -> None:
        if self._rows:
            if self._stream is None:
                self._place = self._folder / f"{self._split}-{len(list_shards(self._folder, self._split)):05d}.arrow"
                self._stream, self._whole_bytes = pa.ipc.new_stream(str(self._place), self._schema), 0
            batch, self._rows = pa.RecordBatch.from_pylist(self._rows, schema=self._schema), []
            with self._keeping_whole_batches():
                self._stream.write_batch(batch)
            self._whole_bytes = self._place.stat().st_size

    def _close_shard(self) -> None:
        if self._stream is not None:
            self._flush()
            with self._keeping_whole_batches():
                self._stream.close()
        self._stream, self._rows_in_shard = None, 0

    @contextmanager
    def _keeping_whole_batches(self) -> Iterator[None]:
        """Cuts off what a full disk took of a batch: the others can be read, since a stream may end after each."""
        try:
            yield
        except OSError:
            self._stream = None
            os.truncate(self._place, self._whole_bytes)
            raise


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
        row = self.rows.find(file)
        if row is None:
            return None
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        shard = list(self.shards.values())[number]
        content: bytes = shard[row - int(self.starts[number])]["image"]["bytes"]
        return content

    def link_unchanged(
        self, folder: Path, split: str, wanted: Iterable[tuple[str, int]], label_names: Sequence[str]
    ) -> npt.NDArray[np.bool_]:
        """Takes over whole shards of which every picture is still wanted, without copying them.

        Args:
            folder: where the new shards are to be.
            split: name of the split; shards of other splits are not taken.
            wanted: name and label id of files; -1 where the stored square is not right any more.
            label_names: class names in the order of the label ids.

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
        if len(usable) > MOST_SHORT_SHARDS:
            usable = []
        paths = list(self.shards)
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
