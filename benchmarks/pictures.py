"""Pictures that benchmarks draw: as large as photos are mostly sent, and as slow to decode."""

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 400  # pixels
COARSE = 50


def draw_pictures(folder: Path, count: int) -> None:
    """Writes JPEG files of smooth noise into a new folder, the same in each call."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(count):
        coarse = generator.integers(0, 256, (COARSE, COARSE, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        smooth.save(folder / f"{number:05d}.jpg")
