"""Reference pages that the code writes: what a recipe, a comparison and a search may say, commands, the Python API."""

import os
import sys
from importlib import import_module
from unittest import mock

from pydantic import BaseModel

import vitrine
from vitrine.commands import GROUPS
from vitrine.config.help import describe_parameters, spell_default, spell_limits
from vitrine.config.recipe import Recipe
from vitrine.experiments.compare.file import ComparisonFile
from vitrine.experiments.search.file import ParameterSpec, PrunerSection, SearchFile

WIDTH = "92"  # columns of a help text on a page
EMPTY = '""'
GENERATED = "*This page is written from the code.*"


def recipe_page() -> str:
    """Every parameter of a recipe, a table for each section."""
    words = [
        "# Parameters of a recipe",
        f"{GENERATED} In a YAML file a section's parameters stand below its name; on the command line each is "
        "`section.name=value`. `python train.py --help` prints the same.",
    ]
    words.append(_parameters(Recipe, ""))
    for name, field in Recipe.model_fields.items():
        if _is_section(field.annotation):
            words += [f"## {name}", (field.annotation.__doc__ or "").strip().splitlines()[0]]
            words.append(_parameters(field.annotation, f"{name}."))
    return "\n\n".join(words) + "\n"


def experiments_page() -> str:
    """Every name of a comparison file and of a search file."""
    words = [
        "# Comparison and search files",
        f"{GENERATED} What has no default must be given, but for `name`. Names of the file and parameters of its base "
        "recipe may stand on the command line, too. [Which is better?](../compare.md) shows both kinds at work.",
    ]
    words += ["## Comparison", "For `python -m vitrine compare FILE`.", _parameters(ComparisonFile, "")]
    words += ["## Search", "For `python -m vitrine search FILE`.", _parameters(SearchFile, "")]
    words += ["### pruner", PrunerSection.__doc__ or "", _parameters(PrunerSection, "pruner.")]
    words += ["### parameters", f"{ParameterSpec.__doc__} NAME is that of a parameter, such as `optim.learning_rate`."]
    words.append(_parameters(ParameterSpec, "parameters.NAME."))
    return "\n\n".join(words) + "\n"


def commands_page() -> str:
    """The help of every command."""
    words = ["# Commands", f"{GENERATED} `python -m vitrine COMMAND --help` prints the same."]
    parameters = describe_parameters()
    with mock.patch.dict(os.environ, COLUMNS=WIDTH), mock.patch.object(sys, "argv", ["documentation"]):
        for group, commands in GROUPS.items():
            words.append(f"## {group}")
            for command, purpose in commands.items():
                parser = import_module(f"vitrine.commands.{command.replace('-', '_')}").build_parser()
                if "parameters of a recipe" in (parser.epilog or ""):
                    parser.epilog = "parameters of a recipe: see the page of that name"
                help_text = parser.format_help().replace(parameters, "").rstrip()
                words += [f"### {command}", f"{purpose[0].upper()}{purpose[1:]}.", f"```text\n{help_text}\n```"]
    return "\n\n".join(words) + "\n"


def python_page() -> str:
    """The names of the Python API, each as its docstring describes it; the generator reads them."""
    words = ["# Python", f"{GENERATED} [Vitrine from Python](../python_api.md) shows them at work."]
    for name in sorted(vitrine.__all__, key=lambda one: (one[0].isupper(), one)):
        place = getattr(vitrine, name).__module__
        words.append(f"## {name}\n\n::: {place}.{name}")
    return "\n\n".join(words) + "\n"


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _parameters(section: type[BaseModel], prefix: str) -> str:
    """A list: name, default, what it takes, meaning; sections of a section among them, those of the recipe not."""
    rows = []
    for name, field in section.model_fields.items():
        if not _is_section(field.annotation):
            default = "" if field.is_required() else f" = `{spell_default(field.default) or EMPTY}`"
            limits = spell_limits(field).strip()
            rows.append(f"* `{prefix}{name}`{default} {limits}  \n    {_plain(field.description)}")
        elif prefix:
            rows.append(_parameters(field.annotation, f"{prefix}{name}."))
    return "\n".join(rows)


def _plain(text: str | None) -> str:
    """What stands in angle brackets is no HTML."""
    return (text or "").replace("<", "&lt;")
