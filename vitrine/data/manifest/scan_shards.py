"""The scan of many pictures in shards, each a unit of work that any process or machine can do.

A shard is what no earlier scan knows of a run of files; what was seen of it is one Parquet file, written whole or not
at all and named by what it was made of. So doing a shard twice changes nothing, whoever does it, and a scan that was
broken off goes on from its last whole shard.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import nsmallest
from pathlib import Path
from statistics import median
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE
from vitrine.data.manifest.scan import QUARANTINED, Scan, scan_files, source_words
from vitrine.data.manifest.scan_memory import NO_MEMORY, ScanMemory
from vitrine.data.sources.file_columns import FileColumns
from vitrine.data.sources.files import FoundFile
from vitrine.records.manifest import COLUMNS, ManifestBuilder
from vitrine.records.scratch import reserve_disk
from vitrine.work.part import DAMAGES, ENDED_READER, Part, digest_of, name_ends, read_part, remove_damaged, state_of
from vitrine.work.runs import cut_runs
from vitrine.work.unit import Engine

# On average; so a shard takes some seconds of a core, be its pictures small or large, and no more is lost with one.
MOST_FILES_PER_SHARD, BYTES_PER_SHARD = 2_000, 50_000_000
LOOKED_AT = 50  # files of which the size is asked
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

    files: Sequence[FoundFile]
    max_megapixels: int

    @cached_property
    def name(self) -> str:
        """Made of the names, sizes and times of its files, the limit, and the columns."""
        states = (word for one in self.files for word in (one.file, one.left_out, state_of(one.path)))
        return digest_of(str(FORMAT), str(self.max_megapixels), *COLUMNS, *states)

    @property
    def title(self) -> str:
        """The names of its first and last file."""
        return name_ends(self.files)

    def count_faults(self) -> int:
        """How many of its files are quarantined, when it is done; 0 where somebody took its part away."""
        try:
            status = pq.read_table(self.path, columns=["status"])["status"].to_pylist()
        except DAMAGES:
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


@dataclass(frozen=True)
class Run:
    """Files that follow each other in the manifest.

    Attributes:
        files: in its order.
        max_megapixels: larger pictures are quarantined.
        is_unknown: whether no earlier scan knows a file, `[files]`.
        shard: reads those; None where all are known.
    """

    files: FileColumns
    max_megapixels: int
    is_unknown: npt.NDArray[np.bool_]
    shard: Shard | None


def choose_shard_size(found: FileColumns) -> int:
    """Files of a shard, on average: 2,000, and half as many for each doubling of their size beyond 25 kB.

    Equal lists and sizes give the same on every machine, and one more file hardly ever another, which would make all
    parts of a scan that was broken off useless: the files whose size is asked are those of certain names.

    Args:
        found: all that are to be divided.
    """
    asked = nsmallest(LOOKED_AT, enumerate(found.names()), lambda one: crc32(one[1].encode("utf-8", "surrogateescape")))
    sizes = []
    for place, _ in asked:
        with suppress(OSError):
            sizes.append(found[place].path.stat().st_size)
    files, typical = MOST_FILES_PER_SHARD, median(sizes) if sizes else 0  # not the mean: one may be a video
    while files > 1 and files * typical > BYTES_PER_SHARD:
        files //= 2
    return files


def cut_shards(
    found: Iterable[FoundFile], max_megapixels: int, folder: Path, size: int, memory: ScanMemory = NO_MEMORY
) -> list[Run]:
    """Divides files into runs with their shards; equal lists and memories give equal shards on every machine.

    Args:
        found: in the order of the manifest.
        max_megapixels: larger pictures are quarantined.
        folder: keeps the parts.
        size: files of a run, on average.
        memory: of earlier scans; what they know is in no shard.
    """
    columns = FileColumns.of(found)
    there, runs = columns.anywhere(), []
    for run in cut_runs(columns.names(), size):
        files = columns[run]
        is_unknown = np.array([not memory.knows(one) for one in files])
        to_read = there[run].choose(is_unknown)
        shard = Shard(to_read, max_megapixels, folder=folder.absolute()) if to_read else None
        runs.append(Run(files, max_megapixels, is_unknown, shard))
    return runs


def shards_of(runs: Iterable[Run]) -> list[Shard]:
    """What there is to read."""
    return [run.shard for run in runs if run.shard is not None]


def scan_in_shards(
    runs: Sequence[Run],
    folder: Path,
    engine: Engine,
    progress: Callable[[int, int], None] = lambda *_: None,
    memory: ScanMemory = NO_MEMORY,
) -> Scan | None:
    """What `scan_files` gives for all files, by an engine; the thumbnails are mapped from a file.

    Args:
        runs: of `cut_shards`.
        folder: keeps the parts, also when the scan is broken off.
        engine: does the shards.
        progress: see `scan_files`.
        memory: of `cut_shards`.

    Returns:
        None where shards of other ranks are not done yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = shards_of(runs)
    remove_damaged(shards)
    progress(sum(int((~run.is_unknown).sum()) for run in runs), 0)
    for shard in engine.run(shards):
        progress(len(shard.files), shard.count_faults())
    if not all(shard.is_done() for shard in shards):
        return None
    return _gather(sum(len(run.files) for run in runs), (_read_run(run, memory) for run in runs), folder)


def _gather(rows: int, read: Iterable[Scan], folder: Path) -> Scan:
    """One manifest of all runs, and a file of thumbnails; both are mapped into memory.

    Args:
        rows: of all.
        read: what was seen of each run; taken one at a time.
        folder: of the files.
    """
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


def _read_run(run: Run, memory: ScanMemory) -> Scan:
    """What earlier scans know of a run, and what its shard saw of the rest."""
    if run.shard is not None and run.is_unknown.all():
        return _read_part(run.shard)
    scan = scan_files(run.files.choose(~run.is_unknown), run.max_megapixels, memory=memory, threads=1)
    if run.shard is None:
        return scan
    part = _read_part(run.shard)
    order = np.argsort(np.argsort(run.is_unknown, kind="stable"))  # the known ones are first
    manifest = pd.concat([scan.manifest, part.manifest], ignore_index=True).iloc[order].reset_index(drop=True)
    return Scan(manifest, np.concatenate([scan.thumbnails, part.thumbnails])[order])


def _read_part(shard: Shard) -> Scan:
    """The part of a shard; what the source says of its files is taken from the shard."""
    table = read_part(shard)
    manifest = table.drop([THUMBNAIL]).to_pandas(types_mapper=TEXTS.get).astype(COLUMNS)
    said = [source_words(one) for one in shard.files]
    for name in said[0] if said else ():
        manifest[name] = pd.Series([words[name] for words in said], dtype=COLUMNS[name])
    thumbnails = np.zeros((len(manifest), *THUMBNAIL_SHAPE), np.uint8)
    for place, content in enumerate(table[THUMBNAIL].to_pylist()):
        if content:
            thumbnails[place] = np.frombuffer(content, np.uint8).reshape(THUMBNAIL_SHAPE)
    return Scan(manifest, thumbnails)
