"""How to train where nobody says it: by what is trained.

A head on a frozen backbone needs many short epochs, a pretrained network few careful ones; values of the one make a bad
model of the other; and what spares the features of a pretraining means nothing to random weights. So these parameters
have a default for each kind of training. What a recipe states for one kind is not taken for another that the command
line turns it into.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Literal

from vitrine.config.model import SMALL_CNN

Kind = Literal["head", "fine_tuning", "scratch"]

EPOCHS, RATE, PATIENCE = "optim.epochs", "optim.learning_rate", "early_stopping.patience"
HEAD_FIRST, BATCH_NORM = "model.head_first", "model.batch_norm"
TOLD = (EPOCHS, RATE, PATIENCE)  # where they are replaced; the others mean nothing to another kind of training
FOLLOWING = (*TOLD, HEAD_FIRST, BATCH_NORM)
# Measured in EXPERIMENTS.md, sections 2 and 8. A training from scratch has the schema's own defaults.
SUITED: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        "head": {EPOCHS: 100, RATE: 1e-3, PATIENCE: 10},
        "fine_tuning": {EPOCHS: 3, RATE: 1e-4, HEAD_FIRST: True, BATCH_NORM: "frozen"},
        "scratch": {},
    }
)
NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        "head": "the head of a frozen network",
        "fine_tuning": "a pretrained network",
        "scratch": "a network from random weights",
    }
)


def training_kind(values: Mapping[str, Any]) -> Kind:
    """What is trained.

    Args:
        values: sections of a recipe with their values, not yet checked.
    """
    model = values.get("model")
    section = model if isinstance(model, Mapping) else {}
    is_random = str(section.get("pretrained")).lower() in ("false", "no", "off")
    if section.get("backbone", SMALL_CNN) == SMALL_CNN or is_random:
        return "scratch"
    return "head" if section.get("trainable_part") == "head" else "fine_tuning"


def suit(values: dict[str, Any], given: Collection[str], before: Kind) -> dict[str, Any]:
    """Gives the parameters that follow the kind of training their values, in place, where nobody gave them.

    Args:
        values: sections of a recipe with their values, with all changes.
        given: dotted names that were given for this kind of training; they stay.
        before: the kind without the changes. Where it is another, what stands there was meant for that one.

    Returns:
        What was replaced of epochs, learning rate and patience, by dotted name.
    """
    kind, replaced = training_kind(values), {}
    for dotted in FOLLOWING:
        section, name = dotted.split(".")
        place = values.setdefault(section, {})
        if dotted in given or not isinstance(place, dict):
            continue
        if kind != before and name in place:
            replaced[dotted] = place.pop(name)
        if name not in place and dotted in SUITED[kind]:
            place[name] = SUITED[kind][dotted]
    return {dotted: value for dotted, value in replaced.items() if dotted in TOLD and value is not None}


def describe_replaced(source: str, replaced: Mapping[str, Any], before: Kind, values: Mapping[str, Any]) -> str:
    """One line that says what is taken in place of what a recipe states.

    Args:
        source: of the recipe.
        replaced: as `suit` gives it, not empty.
        before: the kind of training that the recipe is for.
        values: with what is taken.
    """
    kind = training_kind(values)
    stated = ", ".join(f"{dotted}={value}" for dotted, value in replaced.items())
    suited = {dotted: SUITED[kind][dotted] for dotted in TOLD if dotted in SUITED[kind]}
    taken = [f"{dotted}={value}" for dotted, value in suited.items() if _read(values, dotted) == value]
    instead = ", ".join(taken) if taken else "the defaults"
    return (
        f"note: {source} says {stated} for training {NAMES[before]}; {NAMES[kind]} is trained with {instead} "
        "(what the command line gives stays)"
    )


def _read(values: Mapping[str, Any], dotted: str) -> Any:
    section, name = dotted.split(".")
    return values[section].get(name)
