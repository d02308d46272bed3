"""Draws pictures of fruit, for the pictures of the documentation and for the tests that run its commands.

Nobody's photographs are shown that way, and everybody who runs this gets the same files.
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

KINDS = ("apple", "banana", "cherry", "pear", "quince")
SIDE = 320  # pixels
OVERSAMPLING = 2  # drawn larger and made smaller, for smooth edges
GREEN = (86, 125, 70)
BROWN = (96, 68, 46)
# Lightest and darkest color of a kind; quinces lie between apples and pears, so that there is something to confuse.
COLORS = {
    "apple": ((214, 60, 50), (166, 190, 76)),
    "banana": ((244, 208, 63), (214, 196, 92)),
    "cherry": ((196, 30, 58), (110, 16, 40)),
    "pear": ((196, 204, 86), (190, 160, 60)),
    "quince": ((222, 200, 70), (190, 170, 60)),
}


def write_drawn_pictures(folder: Path, per_kind: int, side: int = SIDE) -> Path:
    """Writes JPEG files into one sub-folder for each kind of fruit.

    Args:
        folder: new folder, whose parents are made.
        per_kind: pictures of each kind.
        side: width and height in pixels.

    Returns:
        The folder.
    """
    for number, kind in enumerate(KINDS):
        (folder / kind).mkdir(parents=True)
        for index in range(per_kind):
            picture = draw(kind, np.random.default_rng([number, index]), side)
            picture.save(folder / kind / f"{kind}_{index:03d}.jpg", quality=92)
    return folder


def draw(kind: str, random: np.random.Generator, side: int = SIDE) -> Image.Image:
    """One fruit on a table: its place, size, turn and color by chance."""
    canvas = side * OVERSAMPLING
    picture = _table(random, canvas)
    fruit = Image.new("RGBA", (canvas, canvas))
    size = canvas * random.uniform(0.2, 0.36)
    light, dark = (np.array(color) for color in COLORS[kind])
    color = tuple(int(part) for part in light + (dark - light) * random.beta(1, 2))
    DRAWERS[kind](ImageDraw.Draw(fruit), canvas / 2, size, color, random)
    turn = random.normal(0, 70 if kind == "banana" else 16)
    move = tuple(int(part) for part in random.normal(0, canvas * 0.06, 2))
    fruit = fruit.rotate(turn, Image.Resampling.BICUBIC, translate=move)
    _shade(picture, fruit, size)
    picture = picture.filter(ImageFilter.GaussianBlur(float(random.choice([0, 2, 6, 14])) * canvas / 640))
    noise = random.normal(0, 5, (canvas, canvas, 1))
    noisy = np.clip(np.asarray(picture, dtype=float) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(noisy).resize((side, side), Image.Resampling.LANCZOS)


def _table(random: np.random.Generator, canvas: int) -> Image.Image:
    wall, table = random.uniform(150, 240, (2, 3))
    edge = random.uniform(0.45, 0.75) * canvas
    rows = np.arange(canvas)[:, None]
    light = np.linspace(1.05, 0.85, canvas)[:, None, None]
    pixels = np.where((rows < edge)[..., None], wall, table) * light
    return Image.fromarray(np.broadcast_to(np.clip(pixels, 0, 255), (canvas, canvas, 3)).astype(np.uint8))


def _shade(picture: Image.Image, fruit: Image.Image, size: float) -> None:
    """Lays the fruit on the table, with its shadow below and a light at its upper left."""
    mask = fruit.getchannel("A")
    shadow = Image.new("L", mask.size)
    shadow.paste(mask.point(lambda value: value // 3), (int(size * 0.18), int(size * 0.25)))
    picture.paste((30, 25, 25), mask=shadow.filter(ImageFilter.GaussianBlur(size / 6)))
    picture.paste(fruit, mask=mask)
    middle = np.argwhere(np.asarray(mask) > 0).mean(axis=0)
    y, x = (float(part) - size * 0.35 for part in middle)
    light = Image.new("L", mask.size)
    ImageDraw.Draw(light).ellipse((x - size * 0.3, y - size * 0.3, x + size * 0.3, y + size * 0.3), fill=130)
    light = light.filter(ImageFilter.GaussianBlur(size / 5))
    picture.paste((255, 255, 250), mask=Image.fromarray(np.minimum(np.asarray(light), np.asarray(mask))))


def _stem(paint: ImageDraw.ImageDraw, x: float, y: float, size: float, bend: float) -> None:
    paint.line((x, y, x + bend, y - size * 0.45), fill=BROWN, width=max(int(size * 0.08), 1))


def _apple(
    paint: ImageDraw.ImageDraw, middle: float, size: float, color: tuple[int, ...], random: np.random.Generator
) -> None:
    for shift in (-0.3, 0.3):
        x = middle + shift * size
        paint.ellipse((x - size * 0.72, middle - size * 0.8, x + size * 0.72, middle + size * 0.85), fill=color)
    _stem(paint, middle, middle - size * 0.6, size, random.normal(0, size * 0.1))
    if random.random() < 0.5:
        paint.ellipse((middle, middle - size * 1.05, middle + size * 0.5, middle - size * 0.8), fill=GREEN)


def _pear(
    paint: ImageDraw.ImageDraw, middle: float, size: float, color: tuple[int, ...], random: np.random.Generator
) -> None:
    _bulb(paint, middle, size, color, random, random.uniform(0.4, 0.8))


def _quince(
    paint: ImageDraw.ImageDraw, middle: float, size: float, color: tuple[int, ...], random: np.random.Generator
) -> None:
    _bulb(paint, middle, size, color, random, random.uniform(0.66, 0.9))


def _bulb(
    paint: ImageDraw.ImageDraw,
    middle: float,
    size: float,
    color: tuple[int, ...],
    random: np.random.Generator,
    neck: float,
) -> None:
    """A pear; the wider its neck, the more it is a quince."""
    paint.ellipse((middle - size * 0.85, middle - size * 0.5, middle + size * 0.85, middle + size), fill=color)
    for part in np.linspace(0, 1, 12):
        radius = size * (0.85 + (neck - 0.85) * part)
        y = middle + size * (0.2 - 0.95 * part)
        paint.ellipse((middle - radius, y - radius, middle + radius, y + radius), fill=color)
    _stem(paint, middle, middle - size * (0.7 + neck), size, random.normal(0, size * 0.15))


def _banana(
    paint: ImageDraw.ImageDraw, middle: float, size: float, color: tuple[int, ...], random: np.random.Generator
) -> None:
    reach, bend = size * 1.5, random.uniform(0.9, 1.5)
    for part in np.linspace(-1, 1, 90):
        radius = size * 0.42 * (1 - abs(part) ** 3 * 0.75)
        x, y = middle + reach * math.sin(part * bend), middle - reach * (math.cos(part * bend) - 0.75)
        fill = color if abs(part) < 0.95 else BROWN
        paint.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _cherry(
    paint: ImageDraw.ImageDraw, middle: float, size: float, color: tuple[int, ...], random: np.random.Generator
) -> None:
    top = (middle + size * random.uniform(-0.3, 0.5), middle - size * 1.2)
    radius = size * 0.5
    for shift in (-0.6, 0.6):
        x, y = middle + shift * size, middle + size * random.uniform(0.3, 0.6)
        paint.line((x, y, *top), fill=GREEN, width=max(int(size * 0.07), 1))
        paint.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


DRAWERS = {"apple": _apple, "banana": _banana, "cherry": _cherry, "pear": _pear, "quince": _quince}
