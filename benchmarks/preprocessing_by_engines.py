"""What the squares of a preparation take, by threads of one process and by processes, and whether the files are alike.

    python benchmarks/preprocessing_by_engines.py [--count 4000] [--engines threads local:1 local:2] [--folder FOLDER]

The pictures are synthetic JPEG of 400 px (benchmarks/pictures.py) in two class folders; near copies are not looked for.
Each preparation runs in a process of its own. Told are, of the squares alone, seconds of the clock and of the
processor, and memory of all processes that is not mapped from files, at its peak (Linux). At the end the files of
pictures are compared.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.costs import processor_time, watch_memory
from benchmarks.pictures import draw_pictures
from benchmarks.sides import print_result, run_alone

SIDE = 224  # of the squares, in pixels
COLUMNS = ("clock, s", "processor, s", "memory, MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4_000)
    parser.add_argument("--engines", nargs="+", default=["threads", "local:1", "local:2"])
    parser.add_argument("--folder", type=Path, help="keeps pictures and data sets; a temporary folder without it")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        prepare(options.folder, options.one)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        draw_two_classes(folder / "pictures", options.count)
        print(f"{'engine':<10}", *(f"{column:>19}" for column in COLUMNS))
        sums = set()
        for engine in options.engines:
            told = run_alone(__file__, ["--one", engine, "--folder", str(folder)])
            print(f"{engine:<10}", *(f"{figure:>19,.1f}" for figure in told["figures"]), flush=True)
            sums.add(told["sum"])
        print("all files are the same" if len(sums) == 1 else "THE FILES DIFFER")


def draw_two_classes(pictures: Path, count: int) -> None:
    if not pictures.exists():
        pictures.mkdir(parents=True)
        draw_pictures(pictures / "a", count)
        (pictures / "b").mkdir()
        for path in sorted((pictures / "a").iterdir())[::2]:
            path.rename(pictures / "b" / path.name)


def prepare(folder: Path, engine_name: str) -> None:
    """Prepares in this process, and prints what the squares took."""
    from vitrine.config.data import ChecksSection, DataSection
    from vitrine.data.prepare import pipeline
    from vitrine.data.prepare.scanning import Spread
    from vitrine.data.prepare.working_folder import working_folder
    from vitrine.records.prepared import PICTURES, Settings
    from vitrine.work.local import LocalPool

    workers = engine_name.partition(":")[2]
    spread = Spread(LocalPool(int(workers)), folder / "parts") if workers else None
    settings = Settings(
        data=DataSection(source=str(folder / "pictures"), image_size=SIDE), checks=ChecksSection(near_duplicates=False)
    )
    final, figures = folder / engine_name.replace(":", "_"), []
    make = pipeline.write_preprocessed_images

    def make_measured(*given) -> None:
        highest = watch_memory(0.5)
        clock, processor = time.perf_counter(), processor_time()
        make(*given)
        figures.extend([time.perf_counter() - clock, processor_time() - processor, highest[0]])

    pipeline.write_preprocessed_images = make_measured
    for path in (final, folder / "parts"):
        shutil.rmtree(path, ignore_errors=True)
    with working_folder(final) as unfinished:
        pipeline.write_prepared(unfinished, "x", settings, spread=spread)
    files = sorted((final / PICTURES).iterdir())
    total = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()
    print_result({"figures": figures, "sum": total})


if __name__ == "__main__":
    main()
