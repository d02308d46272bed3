"""Decoded pictures under names, as the loop of answers takes them."""

from collections.abc import Sequence

from PIL import Image

from vitrine.predict.images import NamedImage


def name_images(images: Sequence[Image.Image], names: Sequence[str] | None = None) -> list[NamedImage]:
    """Decoded pictures; without names they are numbered."""
    given = [str(number) for number in range(len(images))] if names is None else names
    return [NamedImage(name, image.copy) for name, image in zip(given, images, strict=True)]
