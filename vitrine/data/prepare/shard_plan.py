"""The plan of the squares of a data set: a file by which ranks that know nothing of each other share them out."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.prepare.preprocessed_shards import PreprocessedShard
from vitrine.data.prepare.reuse import PLAN
from vitrine.data.progress import Progress
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.place_words import describe_place, read_place
from vitrine.records.atomic import new_file
from vitrine.records.prepared import Settings
from vitrine.work.ranks import SECONDS_BETWEEN_LOOKS, Ranks

NOWHERE = -1  # row of a square that no earlier preparation has
COLUMNS = pa.schema(
    {
        "digest": pa.string(), "side": pa.int32(), "file": pa.string(), "place": pa.string(), "label_id": pa.int32(),
        "width": pa.int32(), "height": pa.int32(), "stored_in": pa.string(), "stored_row": pa.int64(),
    }
)  # fmt: skip


def write_plan(folder: Path, shards: Sequence[PreprocessedShard]) -> None:
    """Writes the plan whole or not at all: one group of rows for each shard.

    Args:
        folder: of the shards.
        shards: of one data set; without any there is no plan.
    """
    if not shards:
        return
    words = {"label_names": json.dumps(shards[0].label_names), "settings": shards[0].settings.model_dump_json()}
    with new_file(folder / PLAN) as temporary, pq.ParquetWriter(temporary, COLUMNS.with_metadata(words)) as writer:
        for shard in shards:
            writer.write_table(_tabulate(shard).replace_schema_metadata(words))


def _tabulate(shard: PreprocessedShard) -> pa.Table:
    count = len(shard.files)
    stored = [shard.stored.get(place, (Path(), NOWHERE)) for place in range(count)]
    columns = {
        "digest": [shard.digest] * count,
        "side": [shard.side] * count,
        "file": [one.file for one in shard.files],
        "place": [describe_place(one.path) for one in shard.files],
        "label_id": shard.label_ids,
        "width": shard.sizes[:, 0],
        "height": shard.sizes[:, 1],
        "stored_in": [str(path) for path, _ in stored],
        "stored_row": [row for _, row in stored],
    }
    return pa.table(columns, COLUMNS)


def read_plan(folder: Path, first: int = 0, step: int = 1) -> list[PreprocessedShard]:
    """Every so-many-th shard of a plan; none where there is no plan.

    Args:
        folder: of the shards.
        first: number of the first.
        step: from one to the next.
    """
    try:
        with pq.ParquetFile(folder / PLAN) as plan:
            words = plan.schema_arrow.metadata
            label_names = tuple(json.loads(words[b"label_names"]))
            settings = Settings.model_validate_json(words[b"settings"])
            tables = [plan.read_row_group(number) for number in range(first, plan.num_row_groups, step)]
    except FileNotFoundError:
        return []
    return [_read_shard(folder.absolute(), table, label_names, settings) for table in tables]


def _read_shard(folder: Path, table: pa.Table, label_names: tuple[str, ...], settings: Settings) -> PreprocessedShard:
    names, places = table["file"].to_pylist(), table["place"].to_pylist()
    stored = enumerate(zip(table["stored_in"].to_pylist(), table["stored_row"].to_pylist(), strict=True))
    return PreprocessedShard(
        folder=folder,
        digest=table["digest"][0].as_py(),
        files=tuple(FoundFile(read_place(at), name, "", "", "") for at, name in zip(places, names, strict=True)),
        label_ids=table["label_id"].to_numpy(),
        sizes=np.column_stack([table["width"].to_numpy(), table["height"].to_numpy()]),
        stored={place: (Path(path), row) for place, (path, row) in stored if row != NOWHERE},
        side=table["side"][0].as_py(),
        label_names=label_names,
        settings=settings,
    )


def wait_for_plan(folder: Path, is_coming: Callable[[], bool]) -> None:
    """Waits until there is a plan, or none will come.

    Args:
        folder: of the shards; may come later.
        is_coming: whether somebody is still about to write it.
    """
    while not (folder / PLAN).exists() and is_coming():
        sleep(SECONDS_BETWEEN_LOOKS)


def make_share(folder: Path, ranks: Ranks, progress: Progress) -> int:
    """Makes the shards of one rank that nobody has made yet.

    Args:
        folder: of the shards; without a plan in it nothing is made.
        ranks: which rank this is.
        progress: is told of "resizing", in pictures of its share.

    Returns:
        How many pictures it made squares of.

    Raises:
        PictureLostError: a picture that was scanned cannot be read any more.
        FolderGoneError: the data set is whole, or was given up.
    """
    shards = [shard for shard in read_plan(folder, ranks.rank, ranks.count) if not shard.is_done()]
    done, total = 0, sum(len(shard.files) for shard in shards)
    for shard in ranks.pool.run(shards):
        done += len(shard.files)
        progress("resizing", done, total)
    return done
