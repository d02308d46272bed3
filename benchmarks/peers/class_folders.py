"""The pictures that all sides train on: drawn or given, split once by Vitrine, and class folders of them for peers."""

from pathlib import Path

import numpy as np
from PIL import Image

SPLITS = ("train", "validation", "test")
DRAWN_CLASSES = 3
DRAWN_OF_EACH = 40
SIDE, COARSE = 224, 8  # pixels; of the noise
QUALITY = 95


def draw_classes(folder: Path) -> None:
    """Writes a folder per class: noise, each class with a color of its own in it; the same in each call."""
    generator = np.random.default_rng(0)
    for label_id in range(DRAWN_CLASSES):
        (folder / f"color{label_id}").mkdir(parents=True)
        for number in range(DRAWN_OF_EACH):
            coarse = generator.integers(0, 160, (COARSE, COARSE, 3), dtype=np.uint8)
            coarse[..., label_id] += 60
            picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            picture.save(folder / f"color{label_id}" / f"{number:03d}.jpg")


def write_class_folders(prepared: Path, folder: Path) -> None:
    """Writes split/class/number.jpg of a prepared data set: the same pictures and split as Vitrine has.

    The class folders have the class's number as their name: any class name will do, and a class without test pictures
    keeps its place, for its folder is there and empty.
    """
    from vitrine.data.prepared.dataset import open_prepared

    data = open_prepared(prepared)
    for split in SPLITS:
        for label_id in range(len(data.label_names)):
            (folder / split / f"{label_id:04d}").mkdir(parents=True)
        for number, row in enumerate(data.splits[split]):
            file = folder / split / f"{row['label']:04d}" / f"{number:06d}.jpg"
            row["image"].convert("RGB").save(file, quality=QUALITY, subsampling=0)
