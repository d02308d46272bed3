"""Fingerprints in any number, made from real pictures, for benchmarks of what happens among a million of them.

Each is made: two parts cut from two different real pictures, turned or mirrored, laid over each other with fine noise,
their contrast spread again. So outlines, colours, and their likeness are those of real pictures; yet no picture is
there twice, save the copies that are planted: saved as JPEG of quality 40, resized to half, cut by 5 % at each edge,
mirrored, brightened by 1.3. One picture in five stands on white, as products do; one in a hundred is a nearly empty
page or a dark frame, which all look alike.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from vitrine.data.checks.fingerprints import COLOR_SIDE, SIDE, THUMBNAIL_SHAPE, fingerprint
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.images.prefetch import map_ahead

PART_SIDE = 3 * SIDE
PARTS_EACH = 3  # parts cut from each real picture
AT_ONCE = 2_000
ONE_IS_EMPTY, ONE_ON_WHITE = 100, 5
KINDS = ("jpeg 40", "resize 0.5", "crop 5 %", "mirror", "brightness 1.3")


def make_thumbnails(folders: list[Path], count: int, planted: int, target: Path) -> tuple[np.ndarray, int]:
    """Writes `[count + planted, 48, 32]` thumbnails to a .npy file; the last are copies.

    Returns:
        Of each planted copy the row that it is a copy of, and how many parts there are. Copy i is of kind
        `KINDS[i % len(KINDS)]`.
    """
    parts, origin = cut_parts(folders)
    shrunk = parts.reshape(len(parts), SIDE, 3, SIDE, 3, 3).mean(axis=(2, 4)).astype(np.float32)
    thumbnails = np.lib.format.open_memmap(target, "w+", np.uint8, (count + planted, *THUMBNAIL_SHAPE))
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        thumbnails[start : start + len(numbers)] = to_thumbnails(blend(shrunk, origin, numbers))
    sources = plant(thumbnails, parts, origin, planted)
    thumbnails.flush()
    return sources, len(parts)


def plant(thumbnails: np.ndarray, parts: np.ndarray, origin: np.ndarray, planted: int) -> np.ndarray:
    """Fills the last rows with copies of others, and returns which."""
    count = len(thumbnails) - planted
    sources = np.random.default_rng(1).choice(count, planted, replace=False)
    sources += sources % ONE_IS_EMPTY == 0  # not an empty one
    for place, source in enumerate(sources.tolist()):
        pixels = blend(parts, origin, range(source, source + 1))[0]
        picture = Image.fromarray(pixels).resize((2 * PART_SIDE, 2 * PART_SIDE), Image.Resampling.BICUBIC)
        thumbnails[source] = fingerprint(picture).thumbnail  # of the picture that is copied, to the last bit
        thumbnails[count + place] = fingerprint(copy(picture, KINDS[place % len(KINDS)])).thumbnail
    return sources


def cut_parts(folders: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Parts of the real pictures, uint8 `[parts, 96, 96, 3]`, and the number of the picture each was cut from."""

    def cut(numbered: tuple[int, Path]) -> list[np.ndarray]:
        number, path = numbered
        try:
            image = open_image(path).convert("RGB")
        except (ImageError, OSError):
            return []
        generator = np.random.default_rng(number)
        parts = []
        for _ in range(PARTS_EACH):
            width, height = (round(side * generator.uniform(0.5, 0.95)) for side in image.size)
            left, top = (
                generator.uniform(0, 1) * (all_ - part) for all_, part in zip(image.size, (width, height), strict=True)
            )
            box = (left, top, left + width, top + height)
            parts.append(np.asarray(image.resize((PART_SIDE, PART_SIDE), Image.Resampling.BICUBIC, box, 2.0)))
        return parts

    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    cuts = list(map_ahead(cut, enumerate(files)))
    origin = np.repeat(np.arange(len(cuts)), [len(one) for one in cuts])
    return np.stack([part for one in cuts for part in one]), origin


def blend(parts: np.ndarray, origin: np.ndarray, numbers: range) -> np.ndarray:
    """The pictures of these numbers, uint8 `[numbers, side, side, 3]`: equal for equal numbers, whatever the side."""
    side = parts.shape[1]
    made = np.empty((len(numbers), side, side, 3), np.uint8)
    for place, number in enumerate(map(int, numbers)):
        generator = np.random.default_rng(number)
        if number % ONE_IS_EMPTY == 0:
            made[place] = draw_empty(generator, side)
            continue
        first = int(generator.integers(len(parts)))
        second = first
        while origin[second] == origin[first]:
            second = int(generator.integers(len(parts)))
        share = generator.uniform(0.25, 0.45)
        one, other = (turn(parts[part], int(generator.integers(8))) for part in (first, second))
        pixels = (1 - share) * one + share * other.astype(np.float32)
        mean = pixels.mean(axis=(0, 1))
        grain = generator.normal(0, 1.5, (SIDE, SIDE, 1)).repeat(side // SIDE, 0).repeat(side // SIDE, 1)
        pixels = (pixels - mean) * generator.uniform(1.1, 1.5) + mean + grain
        made[place] = (on_white(pixels, generator) if number % ONE_ON_WHITE == 1 else pixels).clip(0, 255)
    return made


def main_part(number: int, parts: int) -> int:
    """The part that shows most in the picture of this number; the first that `blend` draws."""
    return int(np.random.default_rng(number).integers(parts))


def on_white(pixels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """An oval of the picture on white, as shops show what they sell."""
    places = np.linspace(-1, 1, len(pixels))
    height, width = generator.uniform(0.6, 1, 2)
    inside = (places[:, None] / height) ** 2 + (places[None, :] / width) ** 2 < 1
    return np.where(inside[..., None], pixels, 254)


def draw_empty(generator: np.random.Generator, side: int) -> np.ndarray:
    """A page with a shadow at its edge or a frame of a dark room: little but a slope of grey."""
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    slope = generator.normal(1, 0.05) * across + generator.normal(0.3, 0.05) * down
    level = 225 if generator.integers(2) else 30
    return np.repeat((level + 14 * slope + generator.normal(0, 2))[..., None], 3, axis=2).clip(0, 255)


def turn(part: np.ndarray, way: int) -> np.ndarray:
    """One of the eight ways to lay down a square."""
    turned = np.rot90(part, way % 4)
    return turned[:, ::-1] if way >= 4 else turned


def to_thumbnails(pictures: np.ndarray) -> np.ndarray:
    """As `fingerprint` does, for many pictures of 32 pixels at once."""
    pixels = pictures.astype(np.float32)
    red, green, blue = (pixels[..., band] for band in range(3))
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    thumbnails = np.empty((len(pictures), *THUMBNAIL_SHAPE), np.uint8)
    thumbnails[:, :SIDE] = brightness.round()
    for place, band in ((0, (blue - brightness) * 0.564 + 128), (COLOR_SIDE, (red - brightness) * 0.713 + 128)):
        halves = band.reshape(len(band), COLOR_SIDE, 2, COLOR_SIDE, 2).mean(axis=(2, 4)).round().clip(0, 255)
        thumbnails[:, SIDE:, place : place + COLOR_SIDE] = halves
    return thumbnails


def copy(picture: Image.Image, kind: str) -> Image.Image:
    """The copy as it is read again from a JPEG file."""
    width, height = picture.size
    if kind == "resize 0.5":
        picture = picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    elif kind == "crop 5 %":
        picture = picture.crop((round(width * 0.05), round(height * 0.05), round(width * 0.95), round(height * 0.95)))
    elif kind == "mirror":
        picture = ImageOps.mirror(picture)
    elif kind == "brightness 1.3":
        picture = ImageEnhance.Brightness(picture).enhance(1.3)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=40 if kind == "jpeg 40" else 95)
    return open_image(stream)
