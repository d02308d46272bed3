"""Train a classifier on a prepared data set, measure it once on the test split, and write a report.

python train.py configs/digits.yaml
python train.py configs/digits.yaml optim.epochs=5 engine.seed=1
python train.py --resume runs/digits/2026-01-31_12-00-00.unfinished
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.commands.console import read_recipe, recipe_parser, run_command
from vitrine.config.loading import load_recipe
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset

RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = read_recipe(build_parser(), arguments)
        if given.options.resume is None:
            _train(given.recipe, None)
            return
        if given.options.recipe is not None:
            raise UserError("--resume: a run goes on with its own recipe; give no recipe and no parameters beside it")
        folder = Path(given.options.resume)
        _train(_read_stored_recipe(folder), folder)

    return run_command(command)


def build_parser() -> argparse.ArgumentParser:
    """Of its command line."""
    parser = recipe_parser("train", __doc__)
    parser.add_argument("--resume", metavar="RUN", help="go on with an unfinished run folder, with its own recipe")
    return parser


def _read_stored_recipe(folder: Path) -> Recipe:
    if not (folder / run_folder.RECIPE).exists():
        raise UserError(f"--resume: {folder} is not a run folder (no {run_folder.RECIPE})")
    if not folder.name.endswith(run_folder.UNFINISHED):
        raise UserError(f"--resume: {folder} is finished; its report is {folder / run_folder.REPORT}")
    return load_recipe(folder / run_folder.RECIPE)


def _train(recipe: Recipe, folder: Path | None) -> None:
    from vitrine.models.quiet import silence_transformers
    from vitrine.training.run import is_main_process, open_matching_data, open_run

    begun = time.monotonic() - _seconds_since_start()
    silence_transformers()
    prepared, recipe = open_matching_data(recipe)
    folder = folder or open_run(RUNS, recipe.name)
    with run_folder.hold_run(folder) if is_main_process() else nullcontext():
        _fill(folder, recipe, prepared, begun)


def _fill(folder: Path, recipe: Recipe, prepared: "PreparedDataset", begun: float) -> None:
    from vitrine.commands.training_display import TrainingDisplay
    from vitrine.reports.run.page import write_run_report
    from vitrine.training.loop.progress import Listeners
    from vitrine.training.run import is_main_process, run_training

    main_process = is_main_process()
    try:
        with TrainingDisplay(recipe.optim.epochs, quiet=not main_process) as display:
            listeners = Listeners(display.start, display.step, display.epoch, display.features, display.say)
            metrics = run_training(recipe, folder, listeners, begun, prepared=prepared)
        if metrics is None:
            return
        write_run_report(folder, prepared, recipe.report.language)
    except BaseException:
        if main_process:
            _say_what_is_left(folder)
        raise
    display.finish(metrics.test, run_folder.finish_run(folder))


def _seconds_since_start() -> float:
    """Since this program started: a time budget counts from the moment when the person pressed Enter."""
    import psutil

    began: float = psutil.Process().create_time()
    return time.time() - began


def _say_what_is_left(folder: Path) -> None:
    """An interrupted run keeps its checkpoints; one without any leaves nothing behind."""
    from shutil import rmtree

    if any((folder / run_folder.CHECKPOINT).glob("number_*")):
        print(f"what was trained so far is kept; go on with: {command_line('train')} --resume {folder}")
    else:
        rmtree(folder)
