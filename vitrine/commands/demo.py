"""Prepare, train and try a model on built-in pictures: from nothing to a page in the browser in a minute.

Takes the recipe of handwritten digits, which is copied to configs/ unless it is there; prepared/, runs/, data/ and
corrections/ of the current folder get what is made. The training ends within a minute, its evaluation included and
the loading of its libraries not. Before the page opens it is said how the same is done with pictures of your own, and
where the minute was too short for a good model. The page has all its tabs, those to correct answers and to review
labels too.

python -m vitrine demo
python -m vitrine demo --no-app
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from vitrine.commands import app, prepare, train
from vitrine.commands.console import command_parser, run_command
from vitrine.commands.serving import DEFAULT_PORT, parse_port
from vitrine.config.loading import load_recipe
from vitrine.config.packaged import FOLDER, copy_recipe, recipe_named
from vitrine.invocation import command_line
from vitrine.records.folder import LATEST, METRICS, MODEL
from vitrine.records.run import Metrics
from vitrine.training.loop.budget import FEW_EPOCHS

RECIPE = "digits"
RUNS = Path("runs")
MOST_MINUTES = 1.0  # of the training, its evaluation included; libraries that a busy machine loads slowly are not
OWN = "head_only"  # the recipe for pictures of one's own: it needs few of them, a minute, and no network


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the steps; returns the exit code of the first that fails, or the last."""
    options = build_parser().parse_args(arguments)
    recipe, run, limit, unlimited = Path(), Path(), [], ""

    def find() -> None:
        nonlocal recipe, run, limit, unlimited
        recipe = _find_recipe(options.recipe)
        resolved = load_recipe(recipe)
        run = RUNS / resolved.name / LATEST
        unlimited = f"{_typed('train')} {recipe.as_posix()}"
        if resolved.engine.budget_minutes is not None:
            unlimited += " engine.budget_minutes=null"
        if (resolved.engine.budget_minutes or MOST_MINUTES) >= MOST_MINUTES:
            limit = [f"engine.budget_minutes={MOST_MINUTES:g}"]

    code = run_command(find)
    code = code or _run_apart(prepare.main, [str(recipe)])
    code = code or _run_apart(_train, [str(recipe), *limit])
    code = code or run_command(lambda: _say_what_is_next(run, unlimited, opens=not options.no_app))
    if code or options.no_app:
        return code
    return app.main(["--model", str(run / MODEL), *_all_tabs(run), "--port", str(options.port)])


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


def _all_tabs(run: Path) -> list[str]:
    """Options of the app for the tabs that it has not by itself."""
    from vitrine.workflows.review_queue import build_queue  # not before training: it loads pandas

    kept = ["--corrections", str(app.CORRECTIONS)]
    return [*kept, "--review", str(run)] if build_queue(run).pictures else kept


def _say_what_is_next(run: Path, unlimited: str, opens: bool) -> None:
    """What is to be read before the page opens, since the window may be closed with it; the last stays in sight.

    Args:
        run: that was trained.
        unlimited: command that trains the same as long as it takes.
        opens: whether the page follows.
    """
    _say_how_own_pictures_are_learned()
    if opens:
        print("The page of this demo opens now; Ctrl-C ends it.")
    _warn_of_few_epochs(run, unlimited)


def _say_how_own_pictures_are_learned() -> None:
    """Commands that work as they are printed, once the pictures are there."""
    recipe = _find_recipe(OWN)
    lines = (
        f"{_typed('prepare')} {recipe.as_posix()} name=own data.source=pictures",
        f"{_typed('train')} {recipe.as_posix()} name=own",
        f"{_typed('app')} --model {(RUNS / 'own' / LATEST).as_posix()}",
    )
    print("\nNow your own pictures: put them into the folder pictures/, one sub-folder for each class, then")
    print("\n".join(f"  {line}" for line in lines))
    print(f"or, without a folder, on a page: {_typed('teach')}\n")


def _warn_of_few_epochs(run: Path, unlimited: str) -> None:
    """Says where the time was too short to learn much, as on a machine with other work, and what to do."""
    training = Metrics.read(run / METRICS).training
    if training.stopped_early or training.epochs >= min(FEW_EPOCHS, training.epochs_planned):
        return
    print(
        f"note: in its time the training came no further than epoch {training.epochs} of {training.epochs_planned}, "
        "so this model may be little better than guessing: start the demo again while this machine has less other "
        f"work, or train as long as it takes with\n  {unlimited}"
    )


def _train(arguments: Sequence[str]) -> int:
    return train.main(arguments, counts_loading=False)


def _typed(command: str) -> str:
    """How a command is called in the shell from which this one was: `make` activates no environment."""
    line = command_line(command)
    found = shutil.which("python")
    if not line.startswith("python ") or (found and Path(found).parent == Path(sys.executable).parent):
        return line
    program = Path(sys.executable)
    inside = program.is_relative_to(Path.cwd())
    return f"{program.relative_to(Path.cwd()) if inside else os.fspath(program)} {line.removeprefix('python ')}"


def _run_apart(step: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a command in a process of its own: its durations count from its own start, and its memory is given back."""
    process = get_context("spawn").Process(target=_exit_with, args=(step, arguments))
    process.start()
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())  # which the system sends to this one alone
    try:
        return _wait_for(process)
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait_for(process: BaseProcess) -> int:
    while True:
        try:
            process.join()
            return process.exitcode or 0
        except KeyboardInterrupt:  # the step got it too, and says what is kept
            continue


def _exit_with(step: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> None:
    sys.exit(step(arguments))
