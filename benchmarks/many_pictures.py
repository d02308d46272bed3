"""Memory of a training to its report, and of the report of a data set, by the number of pictures.

    python benchmarks/many_pictures.py train --counts 20000 300000
    python benchmarks/many_pictures.py report --counts 100000 10000000

Data sets are made up around one that is prepared, of ten classes: `train` has a few squares of 16 px over and over as
training pictures, and trains a small network for an epoch (`train.py`, in one thread); `report` has a manifest of so
many rows, one in a hundred of them unusable for a reason of its own, and writes the page. Each count runs in a process
of its own. Memory is what is not mapped from files, at its peak, all processes together (Linux).
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.costs import processor_time, watch_memory
from benchmarks.sides import print_result, run_alone

CLASSES, EACH, SIDE = 10, 40, 16
ROWS_AT_ONCE = 100_000
ONE_IS_UNUSABLE = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=tuple(PARTS))
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        run(PARTS[options.part][1], options.folder)
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    print(f"{'pictures':>10} {'clock, s':>9} {'processor, s':>13} {'memory, MB':>11} {'page, MB':>9}")
    told: dict[int, dict[str, float]] = {}
    for count in options.counts:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[options.part][0](prepare_few(Path(folder)), count)
            told[count] = one = run_alone(__file__, [options.part, "--folder", folder])
        print(
            f"{count:>10,} {one['clock']:>9.1f} {one['processor']:>13.1f} {one['memory']:>11.0f} {one['page']:>9.2f}",
            flush=True,
        )
    few, many = min(told), max(told)
    if few < many:
        added = (told[many]["memory"] - told[few]["memory"]) / (many - few) * 1e6
        print(f"{added:,.0f} bytes a further picture")


def run(work: Callable[[Path], Path], folder: Path) -> None:
    """Does the work, and prints what it took and how large its page is."""
    highest, clock = watch_memory(), time.perf_counter()
    page = work(folder)
    figures = {"clock": time.perf_counter() - clock, "processor": processor_time(), "memory": highest[0]}
    print_result(figures | {"page": page.stat().st_size / 1e6})


def prepare_few(folder: Path) -> Path:
    """A prepared data set of a few squares in noisy colours."""
    from PIL import Image

    import vitrine

    random = np.random.default_rng(0)
    for number in range(CLASSES):
        source = folder / "pictures" / f"class {number}"
        source.mkdir(parents=True)
        for place in range(EACH):
            pixels = random.integers(20 * number, 20 * number + 55, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(source / f"{place:02d}.png")
    prepared = folder / "prepared"
    vitrine.prepare(
        folder / "pictures",
        name="many",
        folder=prepared,
        image_size=SIDE,
        progress=False,
        checks={"near_duplicates": False},
    )
    return prepared


def add_training_pictures(prepared: Path, count: int) -> None:
    """Replaces the training pictures by so many, the same squares over and over."""
    import datasets

    from vitrine.data.prepared.shards import ShardWriter, list_shards, open_shards
    from vitrine.data.prepared.training_index import write_index
    from vitrine.records.prepared import PICTURES, read_facts

    facts, pictures = read_facts(prepared), prepared / PICTURES
    rows = open_shards(pictures, "train", facts.label_names).cast_column("image", datasets.Image(decode=False))
    squares = [(row["image"]["bytes"], row["label"]) for row in rows]
    for shard in list_shards(pictures, "train"):
        shard.unlink()
    names = [f"{facts.label_names[squares[place % len(squares)][1]]}/x{place:09d}.png" for place in range(count)]
    with ShardWriter(pictures, "train", facts.label_names, SIDE) as writer:
        for place, name in enumerate(names):
            writer.write(*squares[place % len(squares)], name, SIDE, SIDE)
    write_index(prepared, facts.label_names)
    write_rows(prepared, count, lambda place: {"file": names[place], "label_name": names[place].partition("/")[0]})
    counts = np.bincount([squares[place % len(squares)][1] for place in range(count)], minlength=CLASSES).tolist()
    training = {"train": dict(zip(facts.label_names, counts, strict=True))}
    facts.model_copy(update={"files": {}, "counts": facts.counts | training}).write(prepared / "prepared.json")


def train(folder: Path) -> Path:
    """Trains for an epoch; the run's report."""
    from vitrine.commands.train import main as train_command

    os.chdir(folder)
    words = ["name=many", "data.source=pictures", "data.prepared=prepared", f"data.image_size={SIDE}"]
    words += ["checks.near_duplicates=false", "model.backbone=small_cnn", "optim.epochs=1", "optim.batch_size=512"]
    if train_command(words):
        sys.exit("train.py failed")
    return folder / "runs/many/latest/report.html"


def add_rows(prepared: Path, count: int) -> None:
    """Replaces the training rows of the manifest by so many, some of them unusable."""
    from vitrine.records.findings import Finding, write_findings
    from vitrine.records.prepared import FINDINGS, read_facts

    names = read_facts(prepared).label_names

    def make(place: int) -> dict[str, Any]:
        name = names[place * CLASSES // count]
        # The pictures of those names are not there; the page shows the next ones.
        row: dict[str, Any] = {"file": f"{name}/{place:09d}.png", "label_name": name}
        unusable = {"status": "quarantined", "reason": f"reason {place}", "split": "", "width": 0}
        return row if place % ONE_IS_UNUSABLE else row | unusable

    first = write_rows(prepared, count, make)
    rows = tuple(range(first, first + count, ONE_IS_UNUSABLE))
    found = Finding(
        name="unreadable", title="Files that could not be read", count=len(rows), noun="file", rows=rows,
        done="Put aside.", advice="Look.", remarks=("cut short",) * len(rows),
    )  # fmt: skip
    write_findings(prepared / FINDINGS, [found])
    facts = read_facts(prepared)
    facts.model_copy(update={"files": {}, "files_found": first + count}).write(prepared / "prepared.json")


def write_report(folder: Path) -> Path:
    """Writes the page of the data set."""
    from vitrine.reports.data.page import write_data_report

    write_data_report(folder / "prepared")
    return folder / "prepared/report.html"


def write_rows(prepared: Path, count: int, make: Callable[[int], dict[str, Any]]) -> int:
    """A manifest of all rows but those of training pictures, and so many like one; returns the number of the first."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from vitrine.records.prepared import MANIFEST

    table = pq.read_table(prepared / MANIFEST)
    before = table.to_pandas()
    others, like = before[before["split"] != "train"], before[before["split"] == "train"][:1]
    with pq.ParquetWriter(prepared / "many.parquet", table.schema) as writer:
        writer.write_table(pa.Table.from_pandas(others, table.schema, preserve_index=False))
        for start in range(0, count, ROWS_AT_ONCE):
            rows = pd.DataFrame([make(place) for place in range(start, min(count, start + ROWS_AT_ONCE))])
            part = like.loc[like.index.repeat(len(rows))].reset_index(drop=True)
            part.update(rows)
            writer.write_table(pa.Table.from_pandas(part, table.schema, preserve_index=False))
    (prepared / "many.parquet").replace(prepared / MANIFEST)
    return len(others)


PARTS = {"train": (add_training_pictures, train), "report": (add_rows, write_report)}

if __name__ == "__main__":
    main()
