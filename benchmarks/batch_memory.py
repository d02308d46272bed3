"""Memory of a batch of the page as its pictures grow in number: the peak after 1,000 and after all of them.

    python benchmarks/batch_memory.py MODEL PICTURES --count 10000

The pictures are taken again and again, each time under another name, out of one archive.
"""

import argparse
import sys
import tempfile
import time
import zipfile
from itertools import cycle, islice
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vitrine.predict.answers.job import BatchJob
from vitrine.workflows.runtime import load_predictor

WARM = 1000  # pictures, after which libraries have taken what they take once


def main() -> None:
    """Prints memory every 1,000 pictures, and what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runtime", choices=("torch", "onnxruntime", "openvino"), default=None)
    options = parser.parse_args()
    predictor = load_predictor(options.model, options.runtime)
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place) / "pictures.zip"
        write_archive(archive, options.pictures, options.count)
        job = BatchJob(predictor, Path(place))
        files = job.take([(archive, archive.name)])
        print(f"{len(files):,} files, {archive.stat().st_size / 1e6:,.0f} MB")
        measure(job, files)
        for name, export in (("CSV", job.export_csv), ("Parquet", job.export_parquet), ("zip", job.export_folders)):
            start = time.monotonic()
            size = export().stat().st_size
            print(f"{name}: {size / 1e6:,.1f} MB in {time.monotonic() - start:.1f} s; {_megabytes():,.0f} MB of memory")
        start = time.monotonic()
        job.table.page("doubtful", None, 100, 50)
        print(f"page 100: {1000 * (time.monotonic() - start):.1f} ms; {job.table.count()}")


def write_archive(archive: Path, pictures: Path, count: int) -> None:
    """A zip of `count` files, with the pictures below a folder over and over."""
    found = sorted(path for path in pictures.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    with zipfile.ZipFile(archive, "w") as opened:
        for number, path in enumerate(islice(cycle(found), count)):
            opened.write(path, f"{number:06d}{path.suffix}")


def measure(job: BatchJob, files: list) -> None:
    """Runs the batch; prints how memory grows."""
    start, told, warm = time.monotonic(), 0, 0.0
    for done in job.run(files):
        if done - told >= WARM or done == len(files):
            told = done
            warm = warm or _megabytes()
            rate = done / (time.monotonic() - start)
            print(
                f"{done:6,} pictures: {_megabytes():,.0f} MB ({_megabytes() - warm:+.0f}), {rate:.1f} a second",
                flush=True,
            )


def _megabytes() -> float:
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    main()
