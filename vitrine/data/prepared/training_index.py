"""Which training picture lies where: what a training must know of files that are still in a store.

The files of pictures are streams, which tell nothing of themselves before all of them is read.
"""

from collections.abc import Sequence
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa

from vitrine.data.manifest.split_names import TRAIN
from vitrine.data.prepared.shards import image_features, list_shards
from vitrine.records.prepared import PICTURES, TRAINING_INDEX

ROWS_PER_BATCH = 100_000


def index_features(label_names: Sequence[str]) -> datasets.Features:
    """Columns of the index: those of the pictures but the image, and where it lies."""
    columns = {name: kind for name, kind in image_features(label_names).items() if name != "image"}
    return datasets.Features(columns | {"shard": datasets.Value("int32"), "place": datasets.Value("int32")})


def write_index(folder: Path, label_names: Sequence[str]) -> None:
    """Writes the index of the training pictures of a prepared data set, in the order of their file names.

    Args:
        folder: of the data set, its pictures written.
        label_names: in the order of the label ids.
    """
    schema = index_features(label_names).arrow_schema
    tables = [schema.empty_table()]
    for shard, path in enumerate(list_shards(folder / PICTURES, TRAIN)):
        with pa.memory_map(str(path)) as content:
            rows = pa.ipc.open_stream(content).read_all().drop_columns("image")
        places = {"shard": np.full(len(rows), shard, np.int32), "place": np.arange(len(rows), dtype=np.int32)}
        tables.append(pa.table({**dict(zip(rows.column_names, rows.columns, strict=True)), **places}).cast(schema))
    with pa.ipc.new_stream(str(folder / TRAINING_INDEX), schema) as stream:
        stream.write_table(pa.concat_tables(tables).sort_by("file"), ROWS_PER_BATCH)


def open_index(folder: Path) -> datasets.Dataset:
    """The training pictures of a prepared data set without their pixels, memory-mapped.

    Its columns are label, file, width, height, and `shard` and `place`: the row `place` of the file of that number.

    Args:
        folder: of the data set.

    Raises:
        OSError: it is damaged (pyarrow's error is one, or a ValueError).
    """
    return datasets.Dataset.from_file(str(folder / TRAINING_INDEX), split=TRAIN)
