"""From the keyword arguments of a Python call to a checked recipe, and names for what a person gave no name."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vitrine.config.loading import load_recipe, write_overrides
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError

Place = str | os.PathLike[str]

# What a person changes most, without its section.
SHORT_NAMES = MappingProxyType(
    {
        "backbone": "model.backbone",
        "epochs": "optim.epochs",
        "learning_rate": "optim.learning_rate",
        "batch_size": "optim.batch_size",
        "image_size": "data.image_size",
        "seed": "engine.seed",
    }
)


def build_recipe(
    recipe: Place | None, parameters: Mapping[str, Any], defaults: Mapping[str, Any] = MappingProxyType({})
) -> Recipe:
    """Reads a recipe, and changes it as keyword arguments say.

    Args:
        recipe: YAML file; None starts from the defaults.
        parameters: names of `SHORT_NAMES`, dotted names (`{"optim.weight_decay": 0.1}`) or sections
            (`{"optim": {"weight_decay": 0.1}}`). None is what a person did not give, except under a dotted name.
        defaults: hold where the file says nothing; see `load_recipe`.

    Raises:
        UserError: one message that lists every fault, with the nearest name for an unknown one.
    """
    given = {
        SHORT_NAMES.get(name, name): value for name, value in parameters.items() if value is not None or "." in name
    }
    path = None if recipe is None else Path(recipe).expanduser()
    if path is not None and path.is_dir():
        raise UserError(f"recipe: {path} is a folder; give a YAML file")
    return load_recipe(path, list(write_overrides(given)), defaults)


def short_name(source: Place, otherwise: str = "model") -> str:
    """The last part of a path or Hub id, as the name of a folder; of a run's model, the run.

    Args:
        source: folder, file, `hub:owner/name` or `owner/name`.
        otherwise: the name where nothing of it is left.
    """
    parts = Path(str(source).removeprefix("hub:")).expanduser().resolve().parts
    last = [part for part in parts if part != "model"][-1]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", last).strip(".") or otherwise


def check_at_least_one(name: str, number: int) -> None:
    """Refuses less than one of what `name` counts."""
    if number < 1:
        raise UserError(f"{name}: must be at least 1 (got {number})")
