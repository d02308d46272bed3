"""The built-in data: scikit-learn's 1,797 real handwritten digits, written out as a user's own folder would be."""

from pathlib import Path

import numpy as np
from PIL import Image

from vitrine.records.atomic import new_folder

DIGITS_FOLDER = Path("data/digits")
# The scans are 8 x 8; eight times as large, people can see them in galleries and reports.
ENLARGED_SIDE = 64


def write_digits(folder: Path = DIGITS_FOLDER) -> Path:
    """Writes `folder/<digit>/<number>.png` unless it is there already; returns the folder."""
    if not folder.exists():
        from sklearn.datasets import load_digits  # half a second that no other source needs

        digits = load_digits()
        with new_folder(folder) as temporary:
            for number, (levels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
                _write_digit(levels, temporary / str(label) / f"{number:04d}.png")
    return folder


def _write_digit(levels: np.ndarray, path: Path) -> None:
    """Levels are 0 (paper) to 16 (ink), `[8, 8]`; the picture shows white ink on black, as the scans were made."""
    path.parent.mkdir(exist_ok=True)
    picture = Image.fromarray((levels * (255 / 16)).round().astype(np.uint8))
    picture.resize((ENLARGED_SIDE, ENLARGED_SIDE), Image.Resampling.BICUBIC).save(path)
