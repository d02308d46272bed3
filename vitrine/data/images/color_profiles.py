"""The colours that a file's ICC profile says, in sRGB, as browsers show them."""

import io
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageCms

from vitrine.data.images.resizing import SIXTEEN_BIT_MODES, convert_to_rgb

ColorProfiles = Literal["apply", "ignore"]

PROFILE = "icc_profile"  # key in `Image.info`
# Colour space of a profile: mode of the pixels that it is about.
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
PROBES = {"RGB": 9, "GRAY": 256, "CMYK": 2}  # levels of each channel that are tried for a difference
EQUAL = 1  # grey level: rounding alone, as between two sRGB profiles


def apply_profile(image: Image.Image) -> Image.Image:
    """Converts a decoded picture from the colours of its profile to sRGB.

    Args:
        image: of any mode, with the profile in its `info`, as Pillow leaves it.

    Returns:
        RGB or RGBA. The picture itself where it has no profile, or one that changes nothing, is damaged or is about
        another kind of colours: browsers show it so too.
    """
    content = image.info.get(PROFILE)
    transform = _build_transform(content) if content else None
    if transform is None:
        return image
    space, to_srgb = transform
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    pixels = _to_mode(image, MODES[space])
    if pixels is None:
        return image
    converted = ImageCms.applyTransform(pixels, to_srgb)
    if converted is None:  # Pillow's signature: only with inPlace
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    converted.info = {name: value for name, value in image.info.items() if name not in (PROFILE, "transparency")}
    return converted


def _to_mode(image: Image.Image, mode: str) -> Image.Image | None:
    """The pixels without transparency in the mode that a profile is about; None where they are of another kind."""
    if image.mode in (*SIXTEEN_BIT_MODES, "F"):
        image = convert_to_rgb(image).convert("L")
    if (image.mode == "CMYK") != (mode == "CMYK") or (mode == "L" and image.mode not in ("L", "LA")):
        return None
    return image if image.mode == mode else image.convert(mode)


@lru_cache(maxsize=64)
def _build_transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """The colour space of a profile and its way to sRGB; None where there is none, or it changes nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space not in MODES:
            return None
        # Perceptual, the way that browsers take; a transform without a cache may be used by several threads.
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            MODES[space],
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
            ImageCms.Flags.NOCACHE,
        )
    except (OSError, ImageCms.PyCMSError):  # damaged, or a device link that leads nowhere
        return None
    return None if _changes_nothing(space, transform) else (space, transform)


def _changes_nothing(space: str, transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether colours spread over the whole space come out as Pillow's own conversion gives them."""
    levels = np.linspace(0, 255, PROBES[space]).astype(np.uint8)
    channels = Image.getmodebands(MODES[space])
    grid = np.stack(np.meshgrid(*[levels] * channels), axis=-1).reshape(1, -1, channels)
    probe = Image.frombytes(MODES[space], (grid.shape[1], 1), grid.tobytes())
    converted = ImageCms.applyTransform(probe, transform)
    plain = np.asarray(probe.convert("RGB"), dtype=int)
    return converted is not None and bool(np.abs(np.asarray(converted, dtype=int) - plain).max() <= EQUAL)
