"""Whether a model may have learned from the pictures that it is to be measured on."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vitrine.records.evaluation import Acquaintance
from vitrine.records.model import ModelMetadata
from vitrine.records.prepared import PreparedFacts, Settings

SECTIONS = ("data", "labels", "checks", "preparation")


def compare_origin(metadata: ModelMetadata | None, source: str, facts: PreparedFacts | None) -> Acquaintance:
    """How the model's training data and a data set are related, as far as both tell.

    Args:
        metadata: of the model; None for a model that Vitrine did not make.
        source: of the data set, as given.
        facts: of a prepared data set; None elsewhere.

    Returns:
        "same_split": the very data set in the same version, whose test pictures the model never saw. "same_source": the
        pictures come from where the model's came from, divided otherwise or not at all. "unknown": nothing is known
        that they share.
    """
    if metadata is None:
        return "unknown"
    trained = _read_settings(metadata.recipe)
    if trained is None:
        return "unknown"
    if facts is not None and _is_same_version(metadata, facts) and trained.content() == facts.settings.content():
        return "same_split"
    return "same_source" if _is_same(trained.data.source, source if facts is None else facts.source) else "unknown"


def has_same_preprocessing(metadata: ModelMetadata | None, facts: PreparedFacts | None) -> bool:
    """Whether the preprocessed images of a data set are what the model's own preparation would give."""
    trained = None if metadata is None else _read_settings(metadata.recipe)
    if trained is None or facts is None or metadata is None:
        return False
    return metadata.image_size == facts.image_size and trained.preparation == facts.settings.preparation


def _read_settings(recipe: dict[str, Any]) -> Settings | None:
    """The sections of the recipe that decide about the data; None where another version wrote them."""
    try:
        return Settings.model_validate_json(json.dumps({name: recipe[name] for name in SECTIONS}))
    except (KeyError, ValidationError):
        return None


def _is_same_version(metadata: ModelMetadata, facts: PreparedFacts) -> bool:
    """Earlier builds noted none; then the settings alone must tell."""
    return not metadata.dataset_version or not facts.version or metadata.dataset_version == facts.version


def _is_same(source: str, other: str) -> bool:
    if source == other:
        return True
    paths = [Path(one).expanduser() for one in (source, other)]
    return all(path.exists() for path in paths) and paths[0].resolve() == paths[1].resolve()
