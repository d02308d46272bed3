"""Time and memory of a preparation by the number of pictures: is it linear, and does the memory stay flat?

    python benchmarks/scan_at_scale.py --counts 20000 100000 200000 [--folder FOLDER] [--parts list scan ...]

The pictures are synthetic: smooth random JPEG of 48 px (benchmarks/data_preparation.py), in ten class folders. Each
part runs in a process of its own, its children counted: `list` finds and describes the files; `scan` does that and
reads, hashes and decodes them by shards, in one process beside (`--run-on local --workers 1`), and writes manifest and
thumbnails; `threads` does the same by threads, `processes` by a process for each core, as data_prep.py chooses for few
pictures and for many; `prepare` is all of data_prep.py, at 32 px; `again` is that once more after one picture was
added, so that all others are taken over. Memory is what is not mapped from files, at its peak, all processes together
(Linux). At the end the exponent of the growth, from the smallest to the largest count.
"""

import argparse
import math
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.costs import processor_time, watch_memory
from benchmarks.data_preparation import CLASSES, write_pictures
from benchmarks.sides import print_result, run_alone

SIDE = 48  # pixels
PREPARED_SIDE = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 50_000, 100_000])
    parser.add_argument("--folder", type=Path, help="keeps the pictures; a temporary folder without it")
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=["list", "scan"])
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        run(options.part, options.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        all_pictures = folder / "pictures"
        write_pictures(all_pictures, range(max(options.counts)), SIDE)
        print(f"{'part':<8} {'pictures':>9} {'seconds':>8} {'processor, s':>13} {'pictures/s':>11} {'memory, MB':>11}")
        spent = {}
        for part in options.parts:
            for count in options.counts:
                spent[part, count] = told = measure(part, link_some(all_pictures, count))
                print(
                    f"{part:<8} {count:>9,} {told['clock']:>8.1f} {told['processor']:>13.1f} "
                    f"{count / told['clock']:>11,.0f} {told['memory']:>11.0f}",
                    flush=True,
                )
    few, many = min(options.counts), max(options.counts)
    for part in options.parts if few < many else ():
        grown = spent[part, many]["processor"] / spent[part, few]["processor"]
        added = (spent[part, many]["memory"] - spent[part, few]["memory"]) / (many - few) * 1e6
        print(f"{part}: exponent {math.log(grown) / math.log(many / few):.2f}, {added:,.0f} bytes a further picture")


def link_some(pictures: Path, count: int) -> Path:
    """A folder with the first of the pictures, by hard links."""
    some = pictures.parent / f"some_{count}"
    if not some.exists():
        for number in range(count):
            file = some / "pictures" / f"class {number % CLASSES}" / f"{number:07d}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.hardlink_to(pictures / file.parent.name / file.name)
    return some


def measure(part: str, folder: Path) -> dict[str, float]:
    if part == "again" and not (folder / "prepared").exists():
        measure("prepare", folder)
    result: dict[str, float] = run_alone(__file__, ["--part", part, "--folder", str(folder)])
    return result


def run(part: str, folder: Path) -> None:
    """Runs a part and prints what it took."""
    highest = watch_memory()
    clock = time.perf_counter()
    PARTS[part](folder)
    print_result({"clock": time.perf_counter() - clock, "processor": processor_time(), "memory": highest[0]})


def list_files(folder: Path) -> None:
    from vitrine.data.sources.class_folders import find_files

    find_files(folder / "pictures")


def scan(folder: Path, workers: int | None = 1) -> None:
    from vitrine.data.manifest.scan_shards import choose_shard_size, cut_shards, scan_in_shards
    from vitrine.data.sources.class_folders import find_files
    from vitrine.work.local import LocalPool

    parts = folder / "parts"
    shutil.rmtree(parts, ignore_errors=True)
    found = find_files(folder / "pictures")
    shards = cut_shards(found, 150, parts, choose_shard_size(found))
    scan_in_shards(shards, parts, LocalPool(workers)).write(folder)


def scan_by_threads(folder: Path) -> None:
    from vitrine.data.manifest.scan import scan_files
    from vitrine.data.sources.class_folders import find_files

    scan_files(find_files(folder / "pictures"), 150, scratch=folder).write(folder)


def prepare(folder: Path) -> None:
    shutil.rmtree(folder / "prepared", ignore_errors=True)
    run_data_prep(folder)


def prepare_again(folder: Path) -> None:
    from PIL import Image, ImageOps

    added = folder / "pictures" / "class 0" / "added.jpg"
    with Image.open(added.with_name("0000000.jpg")) as picture:
        ImageOps.mirror(picture).save(added)  # again by every call: its time of change is new
    run_data_prep(folder)


def run_data_prep(folder: Path) -> None:
    from vitrine.commands.prepare import main as data_prep

    prepared = folder / "prepared"
    words = [f"data.source={folder / 'pictures'}", f"data.prepared={prepared}", f"data.image_size={PREPARED_SIDE}"]
    if data_prep(["name=benchmark", *words]):
        sys.exit("data_prep.py failed")


PARTS = {
    "list": list_files,
    "scan": scan,
    "threads": scan_by_threads,
    "processes": partial(scan, workers=None),
    "prepare": prepare,
    "again": prepare_again,
}

if __name__ == "__main__":
    main()
