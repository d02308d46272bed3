"""Prepare, train and try a model on built-in pictures: from nothing to a page in the browser in a minute.

Takes the recipe of handwritten digits, which is copied to configs/ unless it is there; prepared/, runs/ and data/ of
the current folder get what is made.

python -m vitrine demo
python -m vitrine demo --no-app
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path

from vitrine.commands import app, prepare, train
from vitrine.commands.console import command_parser, run_command
from vitrine.commands.serving import DEFAULT_PORT, parse_port
from vitrine.config.loading import load_recipe
from vitrine.config.packaged import FOLDER, copy_recipe, recipe_named
from vitrine.records.folder import LATEST, MODEL

RECIPE = "digits"
RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the steps; returns the exit code of the first that fails, or the last."""
    options = build_parser().parse_args(arguments)
    recipe, model = Path(options.recipe), Path()

    def find() -> None:
        nonlocal recipe, model
        recipe = _find_recipe(options.recipe)
        model = RUNS / load_recipe(recipe).name / LATEST / MODEL

    code = run_command(find)
    for step in (prepare.main, train.main):
        code = code or _run_apart(step, [str(recipe)])
    return code if code or options.no_app else app.main(["--model", str(model), "--port", str(options.port)])


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = command_parser("demo", __doc__)
    parser.add_argument(
        "recipe",
        nargs="?",
        default=RECIPE,
        help="another recipe: a file, or the name of one that comes with Vitrine (default: %(default)s)",
    )
    parser.add_argument("--no-app", action="store_true", help="stop when the model is trained and its report written")
    parser.add_argument(
        "--port",
        type=parse_port,
        default=DEFAULT_PORT,
        help="port of the page, the next free one when it is taken (default: %(default)s)",
    )
    return parser


def _find_recipe(wanted: str) -> Path:
    """The file as it is; or the copy in configs/ of a recipe that comes with Vitrine."""
    if Path(wanted).exists():
        return Path(wanted)
    name = recipe_named(wanted)
    if name is None:
        return Path(wanted)  # whose reader says what is wrong
    copy = FOLDER / f"{name}.yaml"
    if not copy.exists():
        copy_recipe(name, FOLDER)
    return copy


def _run_apart(step: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a command in a process of its own: its durations count from its own start, and its memory is given back."""
    process = get_context("spawn").Process(target=_exit_with, args=(step, arguments))
    process.start()
    while True:
        try:
            process.join()
            return process.exitcode or 0
        except KeyboardInterrupt:  # the step got it too, and says what is kept
            continue


def _exit_with(step: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> None:
    sys.exit(step(arguments))
