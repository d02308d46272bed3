"""The unit of work that every engine is given: Vitrine's own scan of a shard of small pictures. Runs in any process."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from vitrine.data.manifest.scan_shards import Shard, cut_shards, shards_of
from vitrine.data.sources.unlabeled import list_folder


@dataclass(frozen=True)
class Trouble:
    """Makes a unit end the process that does it.

    Attributes:
        shard: number of the unit; None: no unit does.
        always: at every attempt; without it, at the first one alone.
    """

    shard: int | None = None
    always: bool = False


def cut(pictures: Path, out: Path, size: int) -> list[Shard]:
    out.mkdir(parents=True, exist_ok=True)
    return shards_of(cut_shards(list_folder(pictures, "pictures"), 150, out, size))


def do(number: int, shard: Shard, trouble: Trouble) -> int:
    """Scans a shard; notes each attempt in a file beside the parts, and gives its number back."""
    with (shard.folder / f"attempts-{number}.txt").open("a") as file:
        file.write(f"{os.getpid()}\n")
        file.flush()
        begun = len((shard.folder / f"attempts-{number}.txt").read_text().splitlines())
    if number == trouble.shard and (trouble.always or begun == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    shard.do()
    return number


def count_attempts(out: Path) -> dict[int, int]:
    """By unit, how often somebody began it."""
    return {int(file.stem.partition("-")[2]): len(file.read_text().splitlines()) for file in out.glob("attempts-*.txt")}
