"""From a YAML file and `section.name=value` overrides to a checked recipe, or one error that lists every fault."""

import difflib
import json
import logging
import os
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vitrine.config.aliases import complete_section, current_name, rename_recipe, tell_former_policy
from vitrine.config.packaged import recipe_named
from vitrine.config.recipe import Recipe
from vitrine.config.suited import describe_replaced, suit, training_kind
from vitrine.config.yaml_reader import parse_yaml, yaml_problem
from vitrine.errors import UserError
from vitrine.invocation import command_line


def load_recipe(
    path: Path | None, overrides: Sequence[str] = (), defaults: Mapping[str, Any] = MappingProxyType({})
) -> Recipe:
    """Reads and checks a recipe.

    Epochs, learning rate and patience that nobody gives follow what is trained; see `vitrine.config.suited`.

    Args:
        path: YAML file; None starts from the defaults. Its stem is the recipe's name unless the file gives one.
        overrides: `section.name=value` each; a later one wins. The value is read as YAML, but taken as it stands
            where the parameter is text: a folder may be called `2024` or `best #1`.
        defaults: sections with values that hold where the file says nothing, in place of the schema's.

    Raises:
        UserError: one message that lists every fault of the file and the overrides.
    """
    values: dict[str, Any] = {} if path is None else {"name": path.stem} | read_yaml(path)
    faults = []
    try:
        values = rename_recipe(values, str(path))
    except ValueError as error:
        faults.append(str(error))
    values = _fill_up(values, defaults)
    kind = training_kind(values)
    faults += [fault for override in overrides if (fault := _apply_override(values, override))]
    tell_former_policy(values, str(path or "recipe"))
    replaced = suit(values, [current_name(one.partition("=")[0].strip()) for one in overrides], kind)
    if replaced:
        logging.getLogger(__name__).warning(describe_replaced(str(path), replaced, kind, values))
    recipe = None
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        faults += [describe_fault(details) for details in error.errors()]
    if recipe is None or faults:
        count = f" (with {len(overrides)} override{'s' * (len(overrides) > 1)})" if overrides else ""
        raise UserError("\n  ".join([f"{path or 'recipe'}{count}:", *faults]))
    return recipe


def load_stored_recipe(path: Path) -> Recipe:
    """Reads the recipe in a run folder; what the build that wrote it had no name for is as that build did it.

    Raises:
        UserError: see `load_recipe`.
    """
    return load_recipe(path, defaults={"preparation": complete_section("preparation", {})})


def _fill_up(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and the defaults where they say nothing; section by section."""
    filled = dict(defaults) | dict(values)
    for name in defaults.keys() & values.keys():
        if isinstance(defaults[name], Mapping) and isinstance(values[name], Mapping):
            filled[name] = _fill_up(values[name], defaults[name])
    return filled


def write_overrides(values: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    """Sections with values, or dotted names, as `section.name=value` each.

    Args:
        values: `{"optim": {"epochs": 3}}` and `{"optim.epochs": 3}` say the same.
        prefix: of all names.
    """
    known = set(parameter_names(Recipe))
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping) and dotted not in known:
            yield from write_overrides(value, f"{dotted}.")
        else:
            # The loader takes text as it stands where a parameter is text, and reads everything else as YAML.
            is_text = isinstance(value, str | os.PathLike)
            yield f"{dotted}={os.fspath(value) if is_text else json.dumps(value, ensure_ascii=False, default=_plain)}"


def _plain(value: Any) -> Any:
    """NumPy's and torch's numbers as Python's; what is not a value of a recipe as text, which the loader refuses."""
    return value.item() if hasattr(value, "item") else repr(value)


def dump_recipe(recipe: Recipe) -> str:
    """The resolved recipe as YAML, every value written out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def read_yaml(path: Path, kind: str = "recipe") -> dict[str, Any]:
    """The values of a recipe or another file of names, not yet checked; a recipe's empty sections are left out.

    Raises:
        UserError: it cannot be read, or is not a mapping of names.
    """
    try:
        values = parse_yaml(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such {kind}{_similar_recipe(path)}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a {kind}, since it is not a text file (UTF-8)") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {yaml_problem(error)}") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UserError(
            f"{path}: a {kind} has sections such as 'data:', and below them indented lines such as 'image_size: 224'"
        )
    # A section whose lines are all commented out reads as null.
    return {key: value for key, value in values.items() if value is not None or key not in Recipe.model_fields}


def _similar_recipe(path: Path) -> str:
    name = recipe_named(str(path))
    if name is not None:
        return f"; `{command_line('recipes')} {name}` copies the one that comes with Vitrine to configs/{name}.yaml"
    known = sorted(file.name for file in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, known, n=1)
    if close:
        return f"; did you mean {path.parent / close[0]}?"
    there = f"; {path.parent} has: {', '.join(known) or 'none'}"
    return f"{there}; `{command_line('recipes')}` lists those that come with Vitrine"


def _apply_override(values: dict[str, Any], override: str) -> str | None:
    """Sets one dotted name in place; returns the fault, if it has one."""
    dotted, equals, text = override.partition("=")
    dotted = current_name(dotted.strip())
    *sections, name = dotted.split(".")
    if not equals or not name:
        return f"{override}: an override reads section.name=value, for example optim.epochs=5"
    try:
        value = text if text and text != "null" and _is_text(dotted) else parse_yaml(text)
    except yaml.YAMLError as error:
        return f"{override}: the value is not valid YAML: {yaml_problem(error)}"
    place: Any = values
    for section in sections:
        place = place.setdefault(section, {})
        if not isinstance(place, dict):
            return f"{dotted}: {section} is a value, not a section"
    place[name] = value
    return None


def _is_text(dotted: str) -> bool:
    """Whether a parameter of this name is free text."""
    section: Any = Recipe
    for part in dotted.split("."):
        field = section.model_fields.get(part) if isinstance(section, type) and issubclass(section, BaseModel) else None
        section = field.annotation if field else None
    return section in (str, str | None)


def describe_fault(details: ErrorDetails, suggest: Callable[[str], str] | None = None) -> str:
    """One line: the place, the rule, what was given.

    Args:
        details: of pydantic.
        suggest: what to say behind an unknown name; None: the nearest parameter of a recipe.
    """
    place = ".".join(str(part) for part in details["loc"])
    kind, context = details["type"], details.get("ctx", {})
    given = reprlib.repr(details["input"])
    if kind == "extra_forbidden":
        return f"{place}: unknown name{(suggest or _suggest_name)(place)}"
    if kind == "literal_error":
        return f"{place}: must be {context['expected']} (got {given}){_suggest_value(context['expected'], given)}"
    if kind == "value_error":
        # A rule between sections has no place; its message names both parameters.
        return f"{place}: {context['error']}" if place else str(context["error"])
    rule = _RULES.get(kind)
    if rule is None:
        return f"{place}: {details['msg'][0].lower()}{details['msg'][1:]} (got {given})"
    return f"{place}: {rule.format(**context)} (got {given})"


_RULES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text; put it in quotes where it looks like something else",
    "string_unicode": "must be text in UTF-8",
    "invalid_key": "a name must be text",
    "tuple_type": "must be a list, for example [32, 64]",
    "too_short": "must hold at least one value that is allowed",
    "model_type": "must be a section with names and values",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "may hold letters, digits, '.', '-' and '_' only and starts with a letter or digit; "
    "a recipe without a name takes its file's",
    "string_too_short": "must not be empty",
}


def _suggest_name(place: str) -> str:
    names = parameter_names(Recipe)
    sections = sorted({name.rsplit(".", 1)[0] for name in names if "." in name})
    close = difflib.get_close_matches(place, names + sections, n=1, cutoff=0.8)
    if not close:  # the name may be right and the section wrong (`epochs`), or it is its initials (`optim.lr`)
        by_last = {name.rsplit(".", 1)[-1]: name for name in names}
        initials = {"".join(word[0] for word in last.split("_")): name for last, name in by_last.items()}
        last = place.rsplit(".", 1)[-1]
        close = [by_last[found] for found in difflib.get_close_matches(last, by_last, n=1, cutoff=0.75)]
        close = close or [initials[last]] if last in initials else close
    return f"; did you mean {close[0]}?" if close else "; --help lists all names"


def _suggest_value(expected: str, given: str) -> str:
    close = difflib.get_close_matches(given.strip("'"), re.findall(r"'([^']+)'", expected), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def parameter_names(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Dotted names of all parameters below a section, in the schema's order."""
    names = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += parameter_names(inner, f"{prefix}{name}.")
        else:
            names.append(f"{prefix}{name}")
    return names
