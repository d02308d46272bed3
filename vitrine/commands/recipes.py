"""List the recipes that come with Vitrine, or copy one of them, to use it or to change it.

A comparison or search is copied with the recipes that it starts from. Nothing is overwritten.

python -m vitrine recipes
python -m vitrine recipes digits                  # to configs/digits.yaml
python -m vitrine recipes compare/heads mine      # to mine/compare/heads.yaml and mine/head_only.yaml
"""

import argparse
import difflib
import textwrap
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import command_parser, run_command
from vitrine.config.packaged import FOLDER, copy_recipe, read_purpose, recipe_named, recipe_names
from vitrine.errors import UserError
from vitrine.invocation import command_line

WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    options = build_parser().parse_args(arguments)
    return run_command(lambda: _list_all() if options.name is None else _copy(options.name, options.folder))


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("recipes", __doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help="recipe to copy; without it, all are listed")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER", help="where to (default: %(default)s)"
    )
    return parser


def _list_all() -> None:
    names = recipe_names()
    indent = 2 + max(map(len, names))
    for name in names:
        purpose = textwrap.wrap(read_purpose(name), WIDTH - indent)
        print(f"{name:<{indent}}" + f"\n{' ' * indent}".join(purpose))
    print(f"\nto copy one to {FOLDER}/: {command_line('recipes')} NAME")


def _copy(wanted: str, folder: Path) -> None:
    name = recipe_named(wanted)
    if name is None:
        close = difflib.get_close_matches(wanted, recipe_names(), n=1)
        hint = f"did you mean {close[0]}?" if close else f"`{command_line('recipes')}` lists them"
        raise UserError(f"there is no recipe '{wanted}'; {hint}")
    for path in copy_recipe(name, folder.expanduser()):
        print(f"written: {path}")
