"""The schema as text for people: the part of `--help` that lists the parameters of a recipe."""

import shutil
import textwrap
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vitrine.config.recipe import Recipe
from vitrine.invocation import spell_commands


def describe_parameters(section: type[BaseModel] = Recipe, prefix: str = "") -> str:
    """One line for each parameter: dotted name, choices or range, default, meaning."""
    lines = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            lines.append("\n" + _wrap(f"{prefix}{name}: {(inner.__doc__ or '').strip().splitlines()[0]}", 0))
            lines.append(describe_parameters(inner, f"{prefix}{name}."))
        else:
            lines.append(_wrap(f"{prefix}{name} = {spell_default(field.default)}{spell_limits(field)}", 2))
            lines.append(_wrap(spell_commands(field.description or ""), 6))
    return "\n".join(lines)


def name_parameters(section: type[BaseModel] = Recipe, prefix: str = "") -> Iterator[str]:
    """Dotted names of all parameters."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from name_parameters(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _wrap(text: str, indent: int) -> str:
    """Lines as long as the terminal is wide, but no longer than is pleasant to read."""
    width = min(shutil.get_terminal_size().columns, 100)
    following = " " * max(indent, 6)
    return textwrap.fill(text, width, initial_indent=" " * indent, subsequent_indent=following, break_on_hyphens=False)


def spell_default(value: Any) -> str:
    """A value as one writes it in a recipe."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def spell_limits(field: FieldInfo) -> str:
    """What a parameter takes, in brackets: its choices, or its range; nothing where there are none."""
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return f"  ({' | '.join(choices)})"
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limits = [f"{words[key]} {getattr(rule, key):g}" for rule in field.metadata for key in words if hasattr(rule, key)]
    return f"  ({', '.join(limits)})" if limits else ""
