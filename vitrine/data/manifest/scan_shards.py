"""The scan of many pictures in shards, each a unit of work that any process or machine can do.

A shard is a run of files; what was seen of it is one Parquet file, written whole or not at all and named by what it was
made of. So doing a shard twice changes nothing, whoever does it, and a scan that was broken off goes on from its last
whole shard.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE
from vitrine.data.manifest.scan import QUARANTINED, Scan, scan_files, source_words
from vitrine.data.manifest.scan_memory import ScanMemory
from vitrine.data.sources.files import FoundFile
from vitrine.records.manifest import COLUMNS, ManifestBuilder
from vitrine.records.scratch import reserve_disk
from vitrine.work.part import ENDED_READER, Part, digest_of, remove_damaged, state_of
from vitrine.work.unit import Engine

FILES_PER_SHARD = 2_000  # five seconds of a core for small pictures, some minutes for large ones
FORMAT = 2  # of the parts; counts up when what is seen of a picture changes
TEXTS = {pa.string(): pd.StringDtype()}  # so that texts stay columns of Arrow, a third of what Python needs
THUMBNAIL = "thumbnail"  # column of a part, bytes; empty where nothing was decoded


@dataclass(frozen=True)
class Shard(Part):
    """Files that are scanned together.

    Attributes:
        files: in the order of the manifest.
        max_megapixels: larger pictures are quarantined.
    """

    files: tuple[FoundFile, ...]
    max_megapixels: int

    @cached_property
    def name(self) -> str:
        """Made of the names, sizes and times of its files, the limit, and the columns."""
        states = (word for one in self.files for word in (one.file, one.left_out, state_of(one.path)))
        return digest_of(str(FORMAT), str(self.max_megapixels), *COLUMNS, *states)

    def count_faults(self) -> int:
        """How many of its files are quarantined, when it is done; 0 where somebody took its part away."""
        try:
            status = pq.read_table(self.path, columns=["status"])["status"].to_pylist()
        except (OSError, pa.ArrowInvalid):
            return 0
        return sum(one == QUARANTINED for one in status)

    def make(self, note: Callable[[int], None]) -> pa.Table:
        """Scans the files in one thread; those that ended their process are quarantined."""
        ended = self.deaths.culprits
        files = [replace(one, left_out=ENDED_READER) if place in ended else one for place, one in enumerate(self.files)]
        scan = scan_files(files, self.max_megapixels, threads=1, note=note)
        scan.manifest["status"] = scan.manifest["status"].mask(scan.manifest["reason"] == ENDED_READER, "quarantined")
        seen = scan.thumbnails.reshape(len(scan.manifest), -1)
        table = scan.manifest.assign(**{THUMBNAIL: [row.tobytes() if row.any() else b"" for row in seen]})
        return pa.Table.from_pandas(table, preserve_index=False)


def cut_shards(found: Sequence[FoundFile], max_megapixels: int, folder: Path, size: int) -> list[Shard]:
    """Divides files into runs of `size`; equal lists give equal shards on every machine."""
    files = [one.anywhere() for one in found]
    starts = range(0, len(found), size)
    return [Shard(tuple(files[at : at + size]), max_megapixels, folder=folder.absolute()) for at in starts]


def scan_in_shards(
    shards: Sequence[Shard],
    folder: Path,
    engine: Engine,
    progress: Callable[[int, int], None] = lambda *_: None,
    memory: ScanMemory | None = None,
) -> Scan | None:
    """What `scan_files` gives for all files, by an engine; the thumbnails are mapped from a file.

    Args:
        shards: of `cut_shards`.
        folder: keeps the parts, also when the scan is broken off.
        engine: does the shards.
        progress: see `scan_files`.
        memory: of earlier scans; a shard of which every file is known is not read again.

    Returns:
        None where shards of other ranks are not done yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_damaged(shards)
    known = {shard.path for shard in shards if memory is not None and _is_known(shard, memory)}
    unknown = [shard for shard in shards if shard.path not in known]
    for shard in engine.run(unknown):
        progress(len(shard.files), shard.count_faults())
    if not all(shard.is_done() for shard in unknown):
        return None
    read = (
        scan_files(shard.files, shard.max_megapixels, memory=memory, threads=1)
        if shard.path in known
        else _read_part(shard)
        for shard in shards
    )
    return _gather(shards, read, folder)


def _is_known(shard: Shard, memory: ScanMemory) -> bool:
    """Whether nothing of it need be read; what its source left out never is."""
    return all(file.left_out or memory.find(file) for file in shard.files)


def _gather(shards: Sequence[Shard], read: Iterable[Scan], folder: Path) -> Scan:
    """One manifest of all parts, and a file of thumbnails; both are mapped into memory.

    Args:
        shards: all of them.
        read: what was seen of each; taken one at a time.
        folder: of the files.
    """
    rows = sum(len(shard.files) for shard in shards)
    path = folder / "thumbnails.npy"
    thumbnails = np.lib.format.open_memmap(path, "w+", np.uint8, (rows, *THUMBNAIL_SHAPE))
    with path.open("r+b") as file:
        reserve_disk(file, path.stat().st_size)
    manifest, start = ManifestBuilder(folder), 0
    for part in read:
        thumbnails[start : start + len(part.manifest)] = part.thumbnails
        manifest.add(part.manifest)
        start += len(part.manifest)
    return Scan(manifest.build(), thumbnails)


def _read_part(shard: Shard) -> Scan:
    """The part of a shard; what the source says of its files is taken from the shard."""
    table = pq.read_table(shard.path)
    manifest = table.drop([THUMBNAIL]).to_pandas(types_mapper=TEXTS.get).astype(COLUMNS)
    said = [source_words(one) for one in shard.files]
    for name in said[0] if said else ():
        manifest[name] = pd.Series([words[name] for words in said], dtype=COLUMNS[name])
    thumbnails = np.zeros((len(manifest), *THUMBNAIL_SHAPE), np.uint8)
    for place, content in enumerate(table[THUMBNAIL].to_pylist()):
        if content:
            thumbnails[place] = np.frombuffer(content, np.uint8).reshape(THUMBNAIL_SHAPE)
    return Scan(manifest, thumbnails)
