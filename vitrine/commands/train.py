"""Train a classifier on a prepared data set, measure it once on the test split, and write a report.

python train.py configs/digits.yaml
python train.py configs/digits.yaml optim.epochs=5 engine.seed=1
python train.py --resume runs/digits/2026-01-31_12-00-00.unfinished
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.cost import is_compared
from vitrine.invocation import command_line
from vitrine.predict.freed_memory import keep_freed_memory
from vitrine.workflows.early_checks import check_inputs
from vitrine.workflows.train import RUNS, read_stored_recipe, train_recipe


def main(arguments: Sequence[str] | None = None, counts_loading: bool = True) -> int:
    """Runs the command; returns the exit code.

    Args:
        arguments: the command line without the program's name; None takes the process's own.
        counts_loading: whether a time budget counts from the start of this program, or when its libraries are loaded.
    """

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        if given.options.resume is None:
            _train(given.recipe, None, counts_loading)
            return
        if given.options.recipe is not None:
            raise UserError("--resume: a run goes on with its own recipe; give no recipe and no parameters beside it")
        folder = Path(given.options.resume)
        if is_compared(folder):
            raise UserError(f"--resume: {folder} is a run of a comparison; give the comparison's command once more")
        _train(read_stored_recipe(folder, "--resume"), folder, counts_loading)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("train", __doc__)
    parser.add_argument("--resume", metavar="RUN", help="go on with an unfinished run folder, with its own recipe")
    return parser


def _train(recipe: Recipe, folder: Path | None, counts_loading: bool) -> None:
    check_inputs(recipe)
    keep_freed_memory()
    from vitrine.commands.training_display import TrainingDisplay
    from vitrine.training.loop.progress import Listeners
    from vitrine.training.run import is_main_process

    begun = time.monotonic() - (_seconds_since_start() if counts_loading else 0)
    with TrainingDisplay(recipe.optim.epochs, quiet=not is_main_process()) as display:
        listeners = Listeners(display.start, display.step, display.epoch, display.features, display.say)
        trained = train_recipe(recipe, folder, RUNS, listeners, _say_what_is_left, begun)
    if trained is not None:
        display.finish(trained.metrics, trained.folder)


def _seconds_since_start() -> float:
    """Since this program started: a time budget counts from the moment when the person pressed Enter."""
    import psutil

    began: float = psutil.Process().create_time()
    return max(0.0, time.time() - began)  # a system tells when to the second only


def _say_what_is_left(folder: Path) -> None:
    print(f"what was done so far is kept; go on with: {command_line('train')} --resume {folder}")
