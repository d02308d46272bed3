"""Pictures so small and so few that a whole training takes a second."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_three_colors(folder: Path, per_class: int = 12, side: int = 32) -> Path:
    """Noisy blue, green and red pictures, `<class>/<number>.png`."""
    generator = np.random.default_rng(0)
    for channel, name in ((2, "blue"), (1, "green"), (0, "red")):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = generator.integers(0, 120, (side, side, 3))
            pixels[:, :, channel] += 100
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:03d}.png")
    return folder
