"""From decoded pictures to what the network sees, without torch: the same numbers as the model's image processor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.data.images.array_resizing import scale_array
from vitrine.data.images.decoding import Rendering
from vitrine.data.images.resizing import FILL_COLORS, RESIZES, resize_array
from vitrine.data.images.steps import STEPS, WHITEN, apply_steps
from vitrine.errors import UserError

BICUBIC = int(Image.Resampling.BICUBIC)
WHITE = 255
OLD_NAMES = {"centre_share": "center_share", "ground": "fill_color"}  # in files of earlier builds

Settings = Mapping[str, Any]
Pixels = npt.NDArray[np.float32]


class Preprocessing(Protocol):
    """Makes a network's input of pictures."""

    @property
    def settings(self) -> Settings:
        """What `preprocessor_config.json` says."""

    def __call__(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Pixels:
        """What the network sees, `[pictures, 3, height, width]`.

        Args:
            images: 8-bit RGB, upright, of any size; at least one.
            preprocessed: whether they are as the network sees them, all of its size: they are only normalised.
        """


def read_rendering(settings: Settings) -> Rendering:
    """How the colours of files become the RGB that a model was trained with."""
    fill_color = settings.get("fill_color", settings.get("ground", "white"))
    # Models of earlier builds and of others have no word about profiles: their pictures were taken as they stand.
    return Rendering(fill_color, settings.get("color_profiles", "ignore"))


@dataclass(frozen=True)
class ArrayPreprocessing:
    """One of the three processors that Vitrine writes, in NumPy: resizing is equal to the bit.

    Attributes:
        settings: see `Preprocessing`.
        side: of the result, in pixels.
        resize: squash, crop or letterbox.
        steps: of the preparation.
    """

    settings: Settings
    side: int
    resize: str
    steps: tuple[str, ...] = ()

    @classmethod
    def read(cls, settings: Settings) -> Self | None:
        """Of the settings of a processor; None where it is not one of the three.

        Raises:
            UserError: they ask for what this version does not know.
        """
        kind, size = settings.get("image_processor_type"), settings.get("size") or {}
        side, edge = int(size.get("height", 0)), int(size.get("shortest_edge", 0))
        if kind == "VitrineImageProcessor":
            _check_known(settings)
            return cls(settings, side, settings["resize_mode"], tuple(settings["steps"]))
        plain = settings.get("resample") == BICUBIC and all(
            settings.get(name, True) for name in ("do_resize", "do_rescale", "do_normalize")
        )
        plain &= round(WHITE * (settings.get("rescale_factor", 1 / WHITE) or 0), 6) == 1
        plain &= not settings.get("do_pad") and "longest_edge" not in size
        plain &= all(np.shape(settings.get(name, ())) == (3,) for name in ("image_mean", "image_std"))
        crops = settings.get("do_center_crop", kind == "BitImageProcessor")
        if plain and kind == "ViTImageProcessor" and side and side == size.get("width") and not crops:
            return cls(settings, side, "squash")
        if (
            plain
            and kind == "BitImageProcessor"
            and edge
            and crops
            and settings.get("crop_size") == {"height": edge, "width": edge}
        ):
            return cls(settings, edge, "crop")
        return None

    def __call__(self, images: Sequence[Image.Image], preprocessed: bool = False) -> Pixels:
        """See `Preprocessing`."""
        if preprocessed:
            levels = [np.asarray(image).transpose(2, 0, 1) for image in images]
        else:
            fill_color = read_rendering(self.settings).fill_color
            levels = [
                resize_array(self._apply_steps(image), self.side, scale_array, self.resize, fill_color)
                for image in images
            ]
        return np.stack([whiten(one) if WHITEN in self.steps else self._normalize(one) for one in levels])

    def _apply_steps(self, image: Image.Image) -> Image.Image:
        given = {OLD_NAMES.get(name, name): value for name, value in self.settings.items()}
        return apply_steps(image, self.steps, given.get("contrast_factor", 1.5), given.get("center_share", 0.8))

    def _normalize(self, levels: npt.NDArray[np.uint8]) -> Pixels:
        pixels: Pixels = levels.astype(np.float32)
        mean, std = self._mean_and_std
        pixels -= mean
        pixels /= std
        return pixels

    @cached_property
    def _mean_and_std(self) -> tuple[Pixels, Pixels]:
        """In levels, each `[3, 1, 1]`."""
        mean, std = (
            WHITE * np.asarray(self.settings[name], np.float32)[:, None, None] for name in ("image_mean", "image_std")
        )
        return mean, std


def _check_known(settings: Settings) -> None:
    fill_color = read_rendering(settings).fill_color
    unknown = [step for step in settings["steps"] if step not in STEPS]
    unknown += [settings["resize_mode"]] * (settings["resize_mode"] not in RESIZES)
    unknown += [fill_color] * (fill_color not in FILL_COLORS)
    if unknown:
        raise UserError(
            f"the model prepares its pictures in a way that this version does not know ('{unknown[0]}'); install the "
            "version of Vitrine that made it, or a later one"
        )


def whiten(levels: npt.NDArray[np.uint8]) -> Pixels:
    """Brings a picture `[3, height, width]` to mean 0 and deviation 1; see `vitrine.data.images.resizing.whiten`."""
    centered = levels - levels.mean(dtype=np.float64)
    deviation = np.sqrt(np.square(centered).mean())
    whitened: Pixels = (centered / max(deviation, levels.size**-0.5)).astype(np.float32)
    return whitened
