"""Parameters and values that had another name once: recipes and records that use it are read as if in today's words."""

import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

RENAMED = {
    "augmentation.grey": "augmentation.grayscale",
    "preparation.colour_profiles": "preparation.color_profiles",
    "preparation.centre_share": "preparation.center_share",
    "preparation.ground": "preparation.fill_color",
}
# Parameters that earlier builds did not have, with the value that says what these did.
LATER: dict[str, Any] = {
    "preparation.color_profiles": "ignore",
    "data.gate_fraction": 0.0,
    "data.columns.subgroup": None,
    "augmentation.first_image_size": None,
    "model.warm_start": None,
    "model.head_first": False,
    "model.batch_norm": "trained",
    "model.warm_start_rename": {},
    "optim.layer_weight_decay": {},
}
FIRST_NAMES = {new: old for old, new in RENAMED.items()}
# Policies of augmentation that had names of their own: `policy: none` with these steps is the same.
FORMER_POLICIES: dict[str, dict[str, Any]] = {
    "s1": {"vertical_flip": True, "crop_min": 0.8, "contrast": 0.5},
    "s2": {"rotation": 40.0, "shift": 0.2, "shear": 0.2, "zoom": 0.2},
    "s3": {},
    "s4": {"rotation": 45.0, "shift": 0.5, "zoom": 0.2},
}

Value = TypeVar("Value")


def current_name(name: str) -> str:
    """Today's dotted name of a parameter."""
    return RENAMED.get(name, name)


def rename_section(section: str, values: Any) -> Any:
    """The values of a section under today's names.

    Args:
        section: its name in a recipe.
        values: as they were read; anything but a mapping comes back as it is, for the schema to refuse.

    Raises:
        ValueError: one parameter is there under both of its names.
    """
    if not isinstance(values, Mapping):
        return values
    renamed = _rename_keys(section, values)
    return _expand_policy(renamed) if section == "augmentation" else renamed


def _rename_keys(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(values)
    for old, new in RENAMED.items():
        place, old_key = old.rsplit(".", 1)
        new_key = new.rsplit(".", 1)[1]
        if place != section or old_key not in renamed:
            continue
        if new_key in renamed:
            raise ValueError(f"{old_key} is the old name of {new_key}, which is there too; keep one of them")
        renamed[new_key] = renamed.pop(old_key)
    return renamed


def rename_recipe(values: dict[str, Any], source: str) -> dict[str, Any]:
    """The values of a recipe under today's names; says in one line each which were renamed.

    Args:
        values: sections with their values, as they were read.
        source: of the recipe, for the message.

    Raises:
        ValueError: one parameter is there under both of its names.
    """
    renamed = {
        section: _rename_keys(section, content) if isinstance(content, Mapping) else content
        for section, content in values.items()
    }
    for old, new in RENAMED.items():
        section, key = old.rsplit(".", 1)
        if isinstance(values.get(section), Mapping) and key in values[section]:
            tell_once(f"{source}: {old} is now called {new}")
    return renamed


def rename_parameters(values: Mapping[str, Value], source: str) -> dict[str, Value]:
    """Values by dotted name under today's names; says in one line each which were renamed.

    Args:
        values: by dotted name, old or new.
        source: of them, for the message.

    Raises:
        ValueError: one parameter is there under both of its names.
    """
    for old, new in RENAMED.items():
        if old in values:
            if new in values:
                raise ValueError(f"{old}: is the old name of {new}, which is there too; keep one of them")
            tell_once(f"{source}: {old} is now called {new}")
    return {current_name(name): value for name, value in values.items()}


def tell_former_policy(values: Mapping[str, Any], source: str) -> None:
    """Says in one line where a recipe names a policy that is read as its steps.

    The section itself expands it, and only once the overrides are in: one of them may name another policy.

    Args:
        values: sections with their values, with the overrides.
        source: of the recipe, for the message.
    """
    section = values.get("augmentation")
    policy = section.get("policy") if isinstance(section, Mapping) else None
    if isinstance(policy, str) and policy in FORMER_POLICIES:
        steps = ", ".join(f"{name}={json.dumps(value)}" for name, value in FORMER_POLICIES[policy].items())
        tell_once(
            f"{source}: augmentation.policy={policy} is now said by its steps: policy=none"
            f"{f', {steps}' if steps else ''}"
        )


@cache
def tell_once(note: str) -> None:
    """Says a note in its line; variants of a comparison read one recipe many times."""
    logging.getLogger(__name__).warning("note: %s", note)


def _expand_policy(section: dict[str, Any]) -> dict[str, Any]:
    """The section with the steps of a former policy; a step of the recipe's own stays, as it did then."""
    policy = section.get("policy")
    if not isinstance(policy, str) or policy not in FORMER_POLICIES:
        return section
    own = {name: value for name, value in section.items() if value is not None}
    return {**section, **FORMER_POLICIES[policy], **own, "policy": "none"}


def first_names(values: Mapping[str, Value]) -> dict[str, Value]:
    """Flat values under the names that they had first, so that what is derived of them never changes.

    Later parameters are left out where they say what was done before there were any.
    """
    return {FIRST_NAMES.get(name, name): value for name, value in values.items() if not says_what_was(name, value)}


def says_what_was(name: str, value: Any) -> bool:
    """Whether a parameter that earlier builds did not have says what they did."""
    return name in LATER and value in (LATER[name], str(LATER[name]))  # as it is, or as trackers write it


def complete_section(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a section as an earlier build wrote it, with what this build did without saying so."""
    return {
        **{name.removeprefix(f"{section}."): value for name, value in LATER.items() if name.startswith(f"{section}.")},
        **values,
    }
