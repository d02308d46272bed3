"""The pictures of a prepared data set: Arrow files of a few hundred megabytes, which `datasets` opens anywhere.

They are written once, directly: `Dataset.from_generator` and `save_to_disk` would write every picture twice.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.compute as pc

SHARD_BYTES = 256_000_000
BATCH_BYTES = 10_000_000  # written together, read one by one; each batch takes some kilobytes in a reader's memory


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


def next_shard(folder: Path, split: str) -> Path:
    """Where the next file of a split belongs, behind those that are there."""
    return folder / f"{split}-{len(list_shards(folder, split)):05d}.arrow"


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


class ShardFile:
    """Appends pictures to one file, which is there from its first whole batch on.

    Args:
        path: of the file.
        label_names: class names in the order of the label ids.
        image_size: of the squares, in pixels.
    """

    def __init__(self, path: Path, label_names: Sequence[str], image_size: int) -> None:
        self._path = path
        self._schema = image_features(label_names).arrow_schema
        self._rows_per_batch = rows_per_batch(image_size)
        self._rows: list[dict[str, Any]] = []
        self._stream: pa.ipc.RecordBatchStreamWriter | None = None

    def write(self, content: bytes, label_id: int, file: str, width: int, height: int) -> None:
        """See `ShardWriter.write`."""
        image = {"bytes": content, "path": None}
        self._rows.append({"image": image, "label": label_id, "file": file, "width": width, "height": height})
        if len(self._rows) >= self._rows_per_batch:
            self._flush()

    def close(self) -> None:
        """Writes what is left; without any picture there is no file."""
        self._flush()
        if self._stream is not None:
            with self._keeping_whole_batches():
                self._stream.close()
        self._stream = None

    def _flush(self) -> None:
        if self._rows:
            if self._stream is None:
                self._stream, self._whole_bytes = pa.ipc.new_stream(str(self._path), self._schema), 0
            batch, self._rows = pa.RecordBatch.from_pylist(self._rows, schema=self._schema), []
            with self._keeping_whole_batches():
                self._stream.write_batch(batch)
            self._whole_bytes = self._path.stat().st_size

    @contextmanager
    def _keeping_whole_batches(self) -> Iterator[None]:
        """Cuts off what a full disk took of a batch: the others can be read, since a stream may end after each."""
        try:
            yield
        except OSError:
            self._stream = None
            os.truncate(self._path, self._whole_bytes)
            raise


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
        self._label_names = label_names
        self._image_size = image_size
        self._rows_in_shard = 0
        self._shard: ShardFile | None = None

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *_: object) -> None:
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
        if self._shard is None:
            self._shard = ShardFile(next_shard(self._folder, self._split), self._label_names, self._image_size)
        self._shard.write(content, label_id, file, width, height)
        self._rows_in_shard += 1
        if self._rows_in_shard >= rows_per_shard(self._image_size):
            self._close_shard()

    def _close_shard(self) -> None:
        if self._shard is not None:
            self._shard.close()
        self._shard, self._rows_in_shard = None, 0


def link_or_move(source: Path, target: Path) -> None:
    """Gives a shard another name, without copying it; where there are no links it loses its own."""
    try:
        os.link(source, target)
    except OSError:
        source.replace(target)
