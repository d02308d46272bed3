"""Smooth random pictures that stand for photographs, and products on white."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw


def photograph(number: int, size: tuple[int, int] = (200, 160)) -> Image.Image:
    """Smooth random colours, with finer ones on top: as lively as a photograph; each number another one."""
    generator = np.random.default_rng(number)
    picture = np.zeros((size[1], size[0], 3), np.float32)
    for cells, strength in ((5, 0.6), (11, 0.3), (25, 0.1)):
        layer = Image.fromarray(generator.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        picture += strength * np.asarray(layer.resize(size, Image.Resampling.BICUBIC), np.float32)
    return Image.fromarray((picture * 0.75).clip(0, 255).astype(np.uint8))


def product(number: int) -> Image.Image:
    """One outline on white ground; the number decides the print on it."""
    picture = Image.new("RGB", (200, 200), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((50, 30, 150, 170), fill=(190, 120, 60))
    generator = np.random.default_rng(number)
    for _ in range(6):
        left, top = (int(value) for value in generator.integers((55, 35), (120, 140)))
        draw.ellipse(
            (left, top, left + 25, top + 25), fill=tuple(int(value) for value in generator.integers(0, 200, 3))
        )
    return picture


def saved(picture: Image.Image, quality: int = 95) -> Image.Image:
    """As it comes back from a JPEG file."""
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")
