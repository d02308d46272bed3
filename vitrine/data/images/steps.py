"""Preparation steps: from an 8-bit RGB picture to an 8-bit RGB picture, without chance, in a chosen order.

This file travels with models that need it, so it imports nothing of Vitrine.
"""

from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

WHITEN = "whiten"  # the last step, on the preprocessed picture's numbers; see `resizing.whiten`
STEPS = (
    "contrast",
    "autocontrast",
    "equalize",
    "grayscale",
    "denoise",
    "crop_centre",
    "crop_content",
    "mirror_horizontal",
    "mirror_vertical",
    WHITEN,
)
BORDER_TOLERANCE = 16  # levels of 255 by which an even border may vary: paper in a scan, noise of JPEG


def apply_steps(image: Image.Image, steps: Sequence[str], contrast_factor: float, center_share: float) -> Image.Image:
    """Applies steps one after the other.

    Args:
        image: 8-bit RGB, of any size.
        steps: names in their order; 'whiten' is passed over, since it is done to the preprocessed picture's numbers.
        contrast_factor: of the step 'contrast'; 1 changes nothing.
        center_share: share of each side, in (0, 1], that the step 'crop_centre' keeps.

    Returns:
        8-bit RGB, at least one pixel wide and high.

    Raises:
        ValueError: there is no such step.
    """
    for step in steps:
        image = _apply(image, step, contrast_factor, center_share)
    return image


def _apply(image: Image.Image, step: str, contrast_factor: float, center_share: float) -> Image.Image:
    if step == "contrast":
        return ImageEnhance.Contrast(image).enhance(contrast_factor)
    if step == "crop_centre":
        return _crop_center(image, center_share)
    if step == "autocontrast":
        return ImageOps.autocontrast(image, preserve_tone=True)  # each colour alone would change the hue
    plain: dict[str, Callable[[Image.Image], Image.Image]] = {
        "equalize": _equalize,
        "grayscale": lambda colored: colored.convert("L").convert("RGB"),
        "denoise": lambda noisy: noisy.filter(ImageFilter.MedianFilter(3)),
        "crop_content": _crop_content,
        "mirror_horizontal": ImageOps.mirror,
        "mirror_vertical": ImageOps.flip,
        WHITEN: lambda unchanged: unchanged,
    }
    if step not in plain:
        raise ValueError(f"there is no preparation step '{step}'")
    return plain[step](image)


def _equalize(image: Image.Image) -> Image.Image:
    """Spreads the brightness evenly; each colour alone would change the hue."""
    brightness, *color = image.convert("YCbCr").split()
    return Image.merge("YCbCr", (ImageOps.equalize(brightness), *color)).convert("RGB")


def _crop_center(image: Image.Image, share: float) -> Image.Image:
    width, height = max(1, round(image.width * share)), max(1, round(image.height * share))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _crop_content(image: Image.Image) -> Image.Image:
    """Cuts off the rows and columns at the edges that have the colour of the corners; an even picture stays whole."""
    border = Image.new("RGB", image.size, _border_color(image))
    red, green, blue = ImageChops.difference(image, border).split()
    difference = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    box = difference.point([0] * (BORDER_TOLERANCE + 1) + [255] * (255 - BORDER_TOLERANCE)).getbbox()
    return image.crop(box) if box else image


def _border_color(image: Image.Image) -> tuple[int, ...]:
    """The colour of the corner that most other corners resemble, so that content may reach into one."""
    right, bottom = image.width - 1, image.height - 1
    corners = [_color_at(image, place) for place in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    return max(corners, key=lambda color: sum(_are_alike(color, other) for other in corners))


def _color_at(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    color = image.getpixel(place)
    assert isinstance(color, tuple)  # noqa: S101 (RGB; for mypy)
    return color


def _are_alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(level - another) <= BORDER_TOLERANCE for level, another in zip(one, other, strict=True))
