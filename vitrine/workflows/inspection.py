"""How a picture looks, in figures that `evaluate` compares with its mistakes."""

import numpy as np
from PIL import Image

from vitrine.evaluation.image_attributes import measure_attributes

BILINEAR = Image.Resampling.BILINEAR
LOOKS = np.dtype(  # of what `inspect_image` gives, where very many are kept
    [
        ("size", np.int32, 2),
        ("looks", [("brightness", float), ("contrast", float), ("is_grey", bool), ("sharpness", float)]),
    ]
)
INSPECTED_SIDE = 224  # pixels; sharpness is compared at one size


def inspect_image(image: Image.Image) -> tuple[tuple[int, int], tuple[float, float, bool, float]]:
    """Width and height, and what `measure_attributes` says."""
    preprocessed = image.convert("RGB").resize((INSPECTED_SIDE, INSPECTED_SIDE), BILINEAR, reducing_gap=2.0)
    return image.size, measure_attributes(np.asarray(preprocessed))
