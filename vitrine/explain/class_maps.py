"""Class activation maps without torch: of a network that tells its last feature map and the weights behind it.

For one linear layer on the average of a map it is what `hirescam` gives; see `activation_maps`.
"""

from typing import Protocol, TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Network

Map = npt.NDArray[np.float32]


class TellsItsMap(Protocol):
    """A network that tells more than its answers."""

    def class_maps(self, pixel_values: Pixels) -> tuple[Map, Map]:
        """Feature maps `[pictures, channels, height, width]`, and weights `[labels, channels]`."""


def tells_its_map(network: Network) -> TypeGuard[TellsItsMap]:
    """Whether `class_activation_map` is possible."""
    return bool(getattr(network, "has_class_maps", False))


def class_activation_map(network: TellsItsMap, pixels: Pixels, label_id: int) -> Map:
    """How much each part of a picture speaks for a class.

    Args:
        network: answers.
        pixels: normalised, `[1, 3, side, side]`.
        label_id: of the class.

    Returns:
        float32, `[side, side]`, from 0 to 1; all 0 where nothing speaks for the class.
    """
    maps, weights = network.class_maps(pixels)
    evidence = np.maximum(np.tensordot(weights[label_id], maps[0], axes=1), 0)
    side = pixels.shape[-1]
    scaled = Image.fromarray(_to_one(evidence)).resize((side, side), Image.Resampling.BILINEAR)
    return _to_one(np.asarray(scaled))


def _to_one(importance: Map) -> Map:
    largest = importance.max()
    return importance / largest if largest > 0 else importance
