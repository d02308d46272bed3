"""What may leave this machine of a recipe and of its sources: names, never the folders that they lie in."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from vitrine.config.data import BUILTIN_DIGITS, HUB_PREFIX
from vitrine.records.model import ModelMetadata

# Parameters of a recipe that name a file or folder of the machine that it ran on.
PLACES = ("source", "prepared", "image_folder", "keep_split", "corrections")
PLACE = re.compile(r"^(?:[/\\~]|\.{1,2}[/\\]|[A-Za-z]:[/\\])")  # a path, from the root, the home or the current folder
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def last_name(source: str) -> str:
    """`/home/ann/birds/` becomes `birds`; ids such as hub:owner/name and builtin:digits stay."""
    if source.startswith(HUB_PREFIX) or source == BUILTIN_DIGITS:
        return source
    return PurePosixPath(source.replace("\\", "/")).name or "pictures"


def public_backbone(backbone: str) -> str:
    """The name of a network: an id on the Hub as it is, of a folder or a weights file its last name."""
    backbone = backbone.removeprefix("hf-hub:")
    is_id = HUB_ID.fullmatch(backbone) and not PLACE.match(backbone) and not Path(backbone).exists()
    return backbone if is_id or "/" not in backbone.replace("\\", "/") else last_name(backbone)


def public_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A resolved recipe without folders of this machine.

    Args:
        recipe: as `vitrine.json` holds it.
    """
    public = {name: hide_places(value) for name, value in recipe.items()}
    if isinstance(data := public.get("data"), dict):
        public["data"] = data | {name: last_name(data[name]) for name in PLACES if data.get(name)}
    if isinstance(model := public.get("model"), dict) and model.get("backbone"):
        public["model"] = model | {"backbone": public_backbone(str(model["backbone"]))}
    return public


def public_metadata(metadata: ModelMetadata) -> ModelMetadata:
    """What `vitrine.json` says, without folders of this machine."""
    public = {"recipe": public_recipe(metadata.recipe), "backbone": public_backbone(metadata.backbone)}
    return metadata.model_copy(update=public)


def hide_places(value: Any) -> Any:
    """The same with the last name of every text that is a path of a machine.

    Args:
        value: of a JSON file, with all that is in it.
    """
    if isinstance(value, Mapping):
        return {name: hide_places(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [hide_places(one) for one in value]
    return last_name(value) if isinstance(value, str) and PLACE.match(value) else value
