"""What of a prepared data set is missing or damaged, without importing torch or decoding a picture."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from vitrine.errors import UserError
from vitrine.records.checksums import Damage, find_damage
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import FACTS, MANIFEST, PICTURES, PreparedFacts, read_facts


def find_damage_in(prepared_folder: Path) -> list[Damage]:
    """Every file of a prepared data set that is not as it was written, read in full.

    Data sets of earlier versions hold no checksums; of these is told what cannot be read or lacks pictures.

    Args:
        prepared_folder: that of a data set; empty list where there is none.
    """
    if not prepared_folder.is_dir() or not any(prepared_folder.iterdir()):
        return []
    if not (prepared_folder / FACTS).exists():
        return [Damage(FACTS, "is missing")]
    try:
        facts = read_facts(prepared_folder)
    except UserError:  # damaged, or another version's; either way it is made anew
        return [Damage(FACTS, "cannot be read")]
    if facts.files:
        return find_damage(prepared_folder, facts.files, full=True)
    return [*_find_damaged_manifest(prepared_folder), *_find_damaged_shards(prepared_folder, facts)]


def _find_damaged_manifest(folder: Path) -> Iterable[Damage]:
    try:
        read_manifest(folder)
    except UserError:
        yield Damage(MANIFEST, "is missing or cannot be read")


def _find_damaged_shards(folder: Path, facts: PreparedFacts) -> Iterable[Damage]:
    for split in facts.counts:
        rows = 0
        for path in sorted((folder / PICTURES).glob(f"{split}-[0-9]*.arrow")):
            try:
                rows += count_rows(path)
            except (OSError, ValueError):  # pyarrow's error on a damaged file is a ValueError
                yield Damage(f"{PICTURES}/{path.name}", "cannot be read")
        expected = _total(facts.counts[split])
        if rows != expected:
            yield Damage(PICTURES, f"holds {rows:,} of the {expected:,} pictures for {split}")


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def count_rows(shard: Path) -> int:
    """How many pictures a shard holds; they are passed over without being read.

    Raises:
        OSError: it is damaged (pyarrow's error is one, or a ValueError).
    """
    with pa.memory_map(str(shard)) as file, pa.ipc.open_stream(file) as stream:
        return sum(batch.num_rows for batch in stream)
