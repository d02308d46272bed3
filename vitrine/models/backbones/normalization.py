"""Mean and standard deviation of the colours that a network expects."""

import json
from dataclasses import dataclass
from pathlib import Path

from vitrine.errors import UserError


@dataclass(frozen=True)
class Normalization:
    """Mean and standard deviation of each colour, on a scale from 0 to 1, that the network's weights expect."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# A network trained from scratch has no expectation; this brings colours to the range from -1 to 1.
CENTERED = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def read_normalization(folder: Path) -> Normalization:
    """Mean and standard deviation from `preprocessor_config.json`, or from timm's `config.json`.

    Raises:
        UserError: neither file gives them.
    """
    for file, section in (("preprocessor_config.json", None), ("config.json", "pretrained_cfg")):
        path = folder / file
        values = json.loads(path.read_text("utf-8")) if path.exists() else {}
        values = values.get(section) or {} if section else values
        mean, std = values.get("image_mean", values.get("mean")), values.get("image_std", values.get("std"))
        if mean and std:
            # EfficientNetImageProcessor with include_top divides by the standard deviation twice.
            power = 2 if values.get("include_top") else 1
            return Normalization((mean[0], mean[1], mean[2]), (std[0] ** power, std[1] ** power, std[2] ** power))
    raise UserError(
        f"model.backbone: {folder} has no preprocessor_config.json with image_mean and image_std; without them the "
        "colours its weights expect are unknown. Take the file from the place that the weights came from"
    )
