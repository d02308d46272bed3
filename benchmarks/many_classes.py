"""A thousand classes of five pictures each: seconds and memory of a training's test and report, and the page's size.

A small network is trained for one epoch on drawn pictures, so that the answers are mostly wrong: the worst case for
everything that grows with the confusions. The figures are those of the steps after the training.

    python benchmarks/many_classes.py [--classes 1000] [--pictures 5]
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=1000, help="default %(default)s")
    parser.add_argument("--pictures", type=int, default=5, help="of each class (default %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        os.chdir(workspace)
        measure(options.classes, options.pictures)


def measure(classes: int, pictures: int) -> None:
    """Prints seconds, peak memory and sizes of each step."""
    import vitrine
    from vitrine.reports.run import page
    from vitrine.training import run

    draw_pictures(Path("pictures"), classes, pictures)
    seconds: dict[str, float] = {}
    timed(run, "save_and_evaluate", seconds)
    timed(page, "write_run_report", seconds)
    begun = time.perf_counter()
    data = vitrine.prepare("pictures", image_size=32, progress=False, checks={"near_duplicates": False})
    seconds["prepare"] = time.perf_counter() - begun
    print(f"{classes:,} classes, {pictures} pictures each, load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"before the training: {peak_megabytes():,.0f} MB at most", flush=True)
    begun = time.perf_counter()
    trained = vitrine.train(data, epochs=1, progress=False, report={"study": "off"})
    seconds["train"] = (
        time.perf_counter() - begun - sum(seconds[name] for name in ("save_and_evaluate", "write_run_report"))
    )
    print(", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))
    print(f"at the end: {peak_megabytes():,.0f} MB at most")
    for name in ("metrics.json", "report.html"):
        print(f"{name}: {(trained.folder / name).stat().st_size / 1e6:.1f} MB")


def timed(module: object, name: str, seconds: dict[str, float]) -> None:
    """Lets a function of a module note how long it takes."""
    function = getattr(module, name)

    def noting(*arguments: object, **keywords: object) -> object:
        begun = time.perf_counter()
        try:
            return function(*arguments, **keywords)
        finally:
            seconds[name] = time.perf_counter() - begun

    setattr(module, name, noting)


def draw_pictures(folder: Path, classes: int, pictures: int) -> None:
    """Noise around a colour of the class."""
    generator = np.random.default_rng(0)
    for number in range(classes):
        color = generator.integers(40, 216, 3)
        (folder / f"class {number:04d}").mkdir(parents=True)
        for place in range(pictures):
            pixels = np.clip(color + generator.normal(0, 30, (32, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"class {number:04d}" / f"{place}.png")


def peak_megabytes() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


if __name__ == "__main__":
    main()
