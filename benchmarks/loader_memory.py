"""What memory the loader of a training takes by the number of pictures, and how exact an interrupted epoch goes on.

    python benchmarks/loader_memory.py --counts 20000 200000 1000000

The pictures are synthetic: one grey square of 16 px over and over, stored as data_prep.py stores them. Each count runs
in a process of its own: the shards are opened, an epoch is read in its shuffled order (at most 2,000 batches of 64 of
it), and begun again from its middle. Memory is what is not mapped from files, at its peak (Linux).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.costs import watch_memory
from benchmarks.sides import print_result, run_alone

SIDE, BATCH_SIZE, MOST_BATCHES = 16, 64, 2_000
LABELS = ("a", "b")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--part", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        read_epoch(options.part)
        return
    heads = ("pictures", "opened, s", "opened, MB", "an epoch, MB", "pictures/s", "goes on exactly")
    print(" ".join(f"{head:>15}" for head in heads))
    for count in options.counts:
        with tempfile.TemporaryDirectory() as folder:
            write_shards(Path(folder), count)
            told = run_alone(__file__, ["--part", folder])
        exact = "yes" if told["exact"] else "no"
        cells = (count, told["seconds"], told["opened"], told["epoch"], told["pace"])
        print(" ".join(f"{cell:>15,.0f}" for cell in cells), f"{exact:>15}", flush=True)


def write_shards(folder: Path, count: int) -> None:
    from vitrine.data.prepared.shards import ShardWriter

    content = b"P6\n16 16\n255\n" + bytes(3 * SIDE * SIDE)
    with ShardWriter(folder, "train", LABELS, SIDE) as writer:
        for number in range(count):
            writer.write(content, number % 2, f"class {number % 2}/{number:09d}.jpg", SIDE, SIDE)


def read_epoch(folder: Path) -> None:
    import torch  # noqa: F401 (a training has it in memory)

    from vitrine.data.loading.loaders import EpochSampler, StepBatches, build_step_loader
    from vitrine.data.prepared.shards import open_shards

    highest = watch_memory()
    start = time.perf_counter()
    rows = open_shards(folder, "train", LABELS)
    time.sleep(0.3)  # for the watch
    told = {"seconds": time.perf_counter() - start - 0.3, "opened": highest[0]}
    batches = StepBatches(EpochSampler(len(rows), 0), BATCH_SIZE)
    batches.start(1)
    seen = []
    start = time.perf_counter()
    for batch in build_step_loader(rows, batches, workers=0):
        seen.append(batch["index"].numpy())
        if len(seen) >= MOST_BATCHES:
            break
    told |= {"epoch": highest[0], "pace": sum(map(len, seen)) / (time.perf_counter() - start)}
    middle = len(seen) // 2
    batches.start(1, middle)
    again = next(iter(build_step_loader(rows, batches, workers=0)))
    told["exact"] = bool(np.array_equal(again["index"].numpy(), seen[middle]))
    print_result(told)


if __name__ == "__main__":
    main()
