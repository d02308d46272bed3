"""The scan of many pictures in shards, each a unit of work that any process or machine can do.

A shard is a run of files; what was seen of it is one Parquet file, written whole or not at all and named by what it was
made of. So doing a shard twice changes nothing, whoever does it, and a scan that was broken off goes on from its last
whole shard.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vitrine.data.checks.fingerprints import THUMBNAIL_SHAPE
from vitrine.data.manifest.engines import Engine
from vitrine.data.manifest.scan import Scan, ScanMemory, scan_files, source_words
from vitrine.data.sources.files import FoundFile
from vitrine.records.atomic import write_bytes
from vitrine.records.manifest import COLUMNS

FILES_PER_SHARD = 2_000  # five seconds of a core for small pictures, some minutes for large ones
FORMAT = 1  # of the parts; counts up when what is seen of a picture changes
THUMBNAIL = "thumbnail"  # column of a part, bytes; empty where nothing was decoded
ENDED_READER = "reading it ended the program"


@dataclass(frozen=True)
class Shard:
    """Files that are scanned together.

    Attributes:
        files: in the order of the manifest.
        max_megapixels: larger pictures are quarantined.
        folder: where the part is written.
    """

    files: tuple[FoundFile, ...]
    max_megapixels: int
    folder: Path

    @cached_property
    def part(self) -> Path:
        """Where its part lies: a name made of the names, sizes and times of its files, the limit, and the columns."""
        digest = hashlib.sha256(f"{FORMAT} {self.max_megapixels} {' '.join(COLUMNS)}".encode())
        for one in self.files:
            try:
                status = one.path.stat()
                state = f"{status.st_size} {status.st_mtime_ns}"
            except OSError:
                state = "gone"
            digest.update(f"{one.file}\0{one.left_out}\0{state}\0".encode("utf-8", "surrogateescape"))
        return self.folder / f"{digest.hexdigest()[:32]}.parquet"

    def is_done(self) -> bool:
        """Whether its part is there."""
        return self.part.exists()

    def split(self) -> list["Shard"]:
        """A shard for each of its files."""
        return [replace(self, files=(one,)) for one in self.files]

    def do(self) -> None:
        """Scans the files in one thread and writes the part, unless it is there.

        Raises:
            OSError: the part cannot be written.
        """
        part = self.part
        if not part.exists():
            _write_part(scan_files(self.files, self.max_megapixels, threads=1), part)

    def give_up(self) -> None:
        """Writes the part of files that end whoever reads them: each is quarantined."""
        left_out = [replace(one, left_out=one.left_out or ENDED_READER) for one in self.files]
        scan = scan_files(left_out, self.max_megapixels, threads=1)
        scan.manifest["status"] = scan.manifest["status"].mask(scan.manifest["reason"] == ENDED_READER, "quarantined")
        _write_part(scan, self.part)

    def join(self, ones: Sequence["Shard"]) -> None:
        """Writes the part from those of `split`."""
        write_bytes(self.part, _to_bytes(pa.concat_tables([pq.read_table(one.part) for one in ones])))


def cut_shards(found: Sequence[FoundFile], max_megapixels: int, folder: Path, size: int) -> list[Shard]:
    """Divides files into runs of `size`; equal lists give equal shards on every machine."""
    return [Shard(tuple(found[start : start + size]), max_megapixels, folder) for start in range(0, len(found), size)]


def scan_in_shards(
    shards: Sequence[Shard],
    folder: Path,
    engine: Engine,
    progress: Callable[[int], None] = lambda _: None,
    memory: ScanMemory | None = None,
) -> Scan | None:
    """What `scan_files` gives for all files, by an engine; the thumbnails are mapped from a file.

    Args:
        shards: of `cut_shards`.
        folder: keeps the parts, also when the scan is broken off.
        engine: does the shards.
        progress: called with the number of files that are done.
        memory: of earlier scans; a shard of which every file is known is not read again.

    Returns:
        None where shards of other ranks are not done yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = [_remember(shard, memory) for shard in shards]
    unknown = [shard for shard, scan in zip(shards, known, strict=True) if scan is None]
    for shard in engine.run(unknown):
        progress(len(shard.files))
    return _gather(shards, known, folder) if all(shard.is_done() for shard in unknown) else None


def _remember(shard: Shard, memory: ScanMemory | None) -> Scan | None:
    """What earlier scans saw of a shard, if they know every file."""
    if memory is None or any(memory.find(one) is None for one in shard.files):
        return None
    return scan_files(shard.files, shard.max_megapixels, memory=memory, threads=1)


def _gather(shards: Sequence[Shard], known: Sequence[Scan | None], folder: Path) -> Scan:
    """One manifest of all parts, and a file of thumbnails that is mapped into memory."""
    rows = sum(len(shard.files) for shard in shards)
    path = folder / "thumbnails.npy"
    thumbnails = np.lib.format.open_memmap(path, "w+", np.uint8, (rows, *THUMBNAIL_SHAPE))
    tables, start = [], 0
    for shard, scan in zip(shards, known, strict=True):
        part = scan or _read_part(shard)
        thumbnails[start : start + len(part.manifest)] = part.thumbnails
        tables.append(part.manifest)
        start += len(part.manifest)
    manifest = pd.concat(tables, ignore_index=True) if tables else scan_files((), 1).manifest
    return Scan(manifest.astype(COLUMNS), thumbnails)


def _write_part(scan: Scan, path: Path) -> None:
    seen = scan.thumbnails.reshape(len(scan.manifest), -1)
    table = scan.manifest.assign(**{THUMBNAIL: [row.tobytes() if row.any() else b"" for row in seen]})
    write_bytes(path, _to_bytes(pa.Table.from_pandas(table, preserve_index=False)))


def _to_bytes(table: pa.Table) -> bytes:
    stream = BytesIO()
    pq.write_table(table.replace_schema_metadata(None), stream, compression="zstd")
    return stream.getvalue()


def _read_part(shard: Shard) -> Scan:
    """The part of a shard; what the source says of its files is taken from the shard."""
    table = pq.read_table(shard.part)
    manifest = table.drop([THUMBNAIL]).to_pandas().astype(COLUMNS)
    said = pd.DataFrame([source_words(one) for one in shard.files], index=manifest.index)
    manifest[list(said.columns)] = said.astype({name: dtype for name, dtype in COLUMNS.items() if name in said})
    thumbnails = np.zeros((len(manifest), *THUMBNAIL_SHAPE), np.uint8)
    for place, content in enumerate(table[THUMBNAIL].to_pylist()):
        if content:
            thumbnails[place] = np.frombuffer(content, np.uint8).reshape(THUMBNAIL_SHAPE)
    return Scan(manifest, thumbnails)
