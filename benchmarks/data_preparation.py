"""How fast pictures are scanned and prepared, beside decoding alone and beside `load_dataset("imagefolder")`.

    python benchmarks/data_preparation.py --count 20000 [--side 224] [--folder FOLDER]
    python benchmarks/data_preparation.py --count 200000 --side 48 --scan-only       # memory

Writes so many JPEG files of smooth random pictures in ten class folders (or takes those that are there already), then
measures, each in a process of its own: decoding alone with all cores; scan with hashes and manifest; `data_prep.py`; a
second run of it; a third after 100 more files; and imagefolder with every picture decoded once.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
CLASSES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--folder", type=Path, help="keeps the pictures; a temporary folder without it")
    parser.add_argument("--scan-only", action="store_true")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        PARTS[options.part](options.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        write_pictures(folder / "pictures", range(options.count), options.side)
        for path in (folder / "pictures").glob("*/*.jpg"):  # those that an earlier call added
            if int(path.stem) >= options.count:
                path.unlink()
        print(f"{options.count:,} JPEG of {options.side} px\n")
        print(f"{'part':<28} {'seconds':>8} {'pictures/s':>11} {'memory, MB':>11}", flush=True)
        measure("decode", "decoding alone", folder, options.count)
        measure("scan", "scan, hashes, manifest", folder, options.count)
        if not options.scan_only:
            shutil.rmtree(folder / "prepared", ignore_errors=True)
            measure("prepare", "data_prep.py", folder, options.count)
            measure("prepare", "data_prep.py, unchanged", folder, options.count)
            write_pictures(folder / "pictures", range(options.count, options.count + 100), options.side)
            measure("prepare", "data_prep.py, 100 more files", folder, options.count)
            measure("imagefolder", "imagefolder, decoded", folder, options.count)


def write_pictures(folder: Path, numbers: range, side: int) -> None:
    for number in numbers:
        path = folder / f"class {number % CLASSES}" / f"{number:07d}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            small = np.random.default_rng(number).integers(0, 255, (7, 7, 3)).astype(np.uint8)
            Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(path, quality=90)


def measure(part: str, words: str, folder: Path, count: int) -> None:
    """Runs a part in a process of its own and prints its seconds, speed and peak of memory."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if answer.returncode:
        sys.exit(answer.stderr)
    told = json.loads(answer.stdout.splitlines()[-1])
    seconds = told.get("seconds", seconds)  # a part that tells its own leaves out the imports
    print(f"{words:<28} {seconds:>8.2f} {count / seconds:>11,.0f} {told['megabytes']:>11,.0f}", flush=True)


def tell(**numbers: float) -> None:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(json.dumps(numbers | {"megabytes": megabytes}))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def decode(folder: Path) -> None:
    from vitrine.data.images.prefetch import map_ahead

    def load(path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    def load_some(paths: list[Path]) -> None:
        for path in paths:
            load(path)

    paths = sorted((folder / "pictures").glob("*/*.jpg"))
    batches = [paths[start : start + 16] for start in range(0, len(paths), 16)]
    tell(seconds=timed(lambda: sum(1 for _ in map_ahead(load_some, batches))))


def scan(folder: Path) -> None:
    from vitrine.data.manifest.scan import scan_files
    from vitrine.data.sources.class_folders import find_files

    def work() -> None:
        result = scan_files(find_files(folder / "pictures"), 150, scratch=folder)
        result.write(folder)

    tell(seconds=timed(work))


def prepare(folder: Path) -> None:
    from vitrine.commands.prepare import main as data_prep

    words = ["name=benchmark", f"data.source={folder / 'pictures'}", f"data.prepared={folder / 'prepared'}"]
    if data_prep(words):
        sys.exit("data_prep.py failed")
    tell()


def imagefolder(folder: Path) -> None:
    import datasets

    def work() -> None:
        rows = datasets.load_dataset("imagefolder", data_dir=str(folder / "pictures"), cache_dir=str(folder / "cache"))
        for row in rows["train"]:
            row["image"].load()

    tell(seconds=timed(work))


PARTS = {"decode": decode, "scan": scan, "prepare": prepare, "imagefolder": imagefolder}

if __name__ == "__main__":
    main()
