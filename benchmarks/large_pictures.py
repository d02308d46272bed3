"""Seconds and memory of preparing one very large or very long picture, for each way to a square.

Each picture is drawn, written and prepared in a process of its own; "bytes a pixel" is what the process took at most
beyond what it had before, divided by the pixels in the file. The decoder's own part of it is 3 (8-bit RGB).

    python benchmarks/large_pictures.py [--megapixels 24 50 100] [--formats JPEG PNG] [--side 224]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

CHILD = """
import resource, sys, time
from pathlib import Path
import psutil
from vitrine.config.data import PreparationSection
from vitrine.data.images.decoding import open_image
from vitrine.data.images.preprocessing import Preparation, preprocess_image
path, side, resize, pixels = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
preparation = Preparation.from_section(PreparationSection(resize=resize))
preprocess_image(open_image(Path(sys.argv[5])), side, preparation)  # starts threads, loads plugins
before, start = psutil.Process().memory_info().rss, time.perf_counter()
preprocess_image(open_image(path, rendering=preparation.rendering), side, preparation)
seconds = time.perf_counter() - start
taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
print(f"{seconds:6.2f} s  {taken / pixels:6.1f} bytes a pixel")
"""
SHAPES = {"3:2": 1.5, "1:1,000": 0.001, "1,000:1": 1000, "30,000:1": 30_000}  # width to height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=int, nargs="+", default=[24, 50, 100], help="default %(default)s")
    parser.add_argument("--formats", nargs="+", default=["JPEG", "PNG"], help="default %(default)s")
    parser.add_argument("--side", type=int, default=224, help="of the square (default %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        small = Path(folder) / "small.png"
        draw(small, 300, 200, "PNG")
        for megapixels in options.megapixels:
            for form in options.formats:
                for shape, ratio in SHAPES.items():
                    measure(Path(folder), small, megapixels, form, shape, ratio, options.side)


def measure(folder: Path, small: Path, megapixels: int, form: str, shape: str, ratio: float, side: int) -> None:
    """Prints one line for each way to a square."""
    width = round((megapixels * 1e6 * ratio) ** 0.5)
    height = round(megapixels * 1e6 / width)
    if form == "JPEG" and max(width, height) > 65_500:
        return
    path = folder / f"large.{form.lower()}"
    draw(path, width, height, form)
    for resize in ("squash", "crop", "letterbox"):
        words = [str(path), str(side), resize, str(width * height), str(small)]
        done = subprocess.run([sys.executable, "-c", CHILD, *words], check=True, capture_output=True, text=True)
        print(f"{megapixels:>4} MP {form:<5} {shape:<9} {resize:<10}{done.stdout.rstrip()}", flush=True)


def draw(path: Path, width: int, height: int, form: str) -> None:
    """A coarse pattern with soft edges: as easy to compress as a photograph out of focus."""
    import numpy as np
    from PIL import Image

    coarse = np.random.default_rng(0).integers(0, 256, (min(height, 40), min(width, 40), 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)
    image.save(path, form, **({"compress_level": 1} if form == "PNG" else {"quality": 90}))


if __name__ == "__main__":
    main()
