"""A thousand classes of five pictures each: what data page, study, test and report take, and how large the pages are.

A small network is trained for one epoch on drawn pictures, so that the answers are mostly wrong: the worst case for
everything that grows with the confusions. The study looks at the pictures with that network, or with one that is given.
Processor seconds are those of all threads; on a machine that does other work they say more than seconds.

    python benchmarks/many_classes.py [--classes 1000] [--pictures 5] [--backbone MODEL]
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
    parser.add_argument("--backbone", help="of the study: a name, or a model folder (default: the trained network)")
    options = parser.parse_args()
    backbone = options.backbone
    if backbone and Path(backbone).exists():
        backbone = str(Path(backbone).resolve())
    with tempfile.TemporaryDirectory(prefix="vitrine-") as workspace:
        os.chdir(workspace)
        measure(options.classes, options.pictures, backbone)


def measure(classes: int, pictures: int, backbone: str | None) -> None:
    """Prints seconds, memory and size of each step.

    Args:
        classes: how many.
        pictures: of each.
        backbone: of the study; None: the network that is trained here.
    """
    import vitrine
    from vitrine.evaluation.probe import linear_probe
    from vitrine.reports.data import page as data_page
    from vitrine.reports.probe import page as study_page
    from vitrine.reports.run import page as run_page
    from vitrine.training import run

    for module, name in (
        (data_page, "write_data_report"), (run, "save_and_evaluate"), (run_page, "write_run_report"),
        (linear_probe, "study_features"), (study_page, "write_feasibility_page"),
    ):  # fmt: skip
        report(module, name)
    draw_pictures(Path("pictures"), classes, pictures)
    print(f"{classes:,} classes, {pictures} pictures each, load {os.getloadavg()[0]:.1f}", flush=True)
    data = vitrine.prepare("pictures", image_size=32, progress=False, checks={"near_duplicates": False})
    trained = vitrine.train(data, epochs=1, progress=False, report={"study": "off"})
    study = vitrine.study(data, backbone=backbone or str(trained.folder / "model"), progress=False)
    for path in (
        data.folder / "report.html", trained.folder / "metrics.json", trained.folder / "report.html",
        study.folder / "feasibility.html", study.folder / "feasibility.json",
    ):  # fmt: skip
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def report(module: object, name: str) -> None:
    """Lets a function of a module print what it takes."""
    function = getattr(module, name)

    def printing(*arguments: object, **keywords: object) -> object:
        begun, worked, before = time.perf_counter(), time.process_time(), peak_megabytes()
        try:
            return function(*arguments, **keywords)
        finally:
            seconds, worked = time.perf_counter() - begun, time.process_time() - worked
            memory = f"{peak_megabytes():,.0f} MB at most, {before:,.0f} before"
            print(f"{name}: {seconds:.1f} s, {worked:.1f} processor seconds; {memory}", flush=True)

    setattr(module, name, printing)


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
