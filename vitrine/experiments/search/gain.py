"""What a search gained, measured where no trial looked: the recipe before and the best one, trained anew and tested."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitrine.config.recipe import Recipe
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.evaluation.significance import compare_answers
from vitrine.experiments.compare.plan import identify_run
from vitrine.experiments.search.space import change_recipe
from vitrine.records import folder as run_folder
from vitrine.records.atomic import write_text
from vitrine.records.difference import Difference
from vitrine.records.spreadsheet import read_guarded_csv
from vitrine.training.run import run_training

FINAL = "final"
SECONDS = "seconds.json"
BEFORE, AFTER = "before", "best"


def measure_gain(
    before: Recipe,
    best: Recipe,
    best_number: int,
    seeds: tuple[int, ...],
    prepared: PreparedDataset,
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Difference, float]:
    """Trains both recipes with every seed and compares their answers on the test pictures.

    Trainings of these recipes and pictures that are there already are not repeated, and interrupted ones go on.

    Args:
        before: the recipe before the search.
        best: what the search found.
        best_number: of its trial; names its runs.
        seeds: of the trainings; at least one.
        prepared: the data set of both recipes.
        folder: of the search; the runs come into `final/`.
        say: told of each training.

    Returns:
        The difference, and the seconds of all trainings.

    Raises:
        UserError: one of them failed, or another process is at work on it; names it.
    """
    answers: dict[str, list[npt.NDArray[np.bool_]]] = {BEFORE: [], AFTER: []}
    spent = 0.0
    for seed in seeds:
        for which, recipe, name in ((BEFORE, before, BEFORE), (AFTER, best, f"{AFTER}_{best_number:04d}")):
            own = change_recipe(recipe, {"engine.seed": seed, "engine.tracker": "none"})
            final = folder / FINAL / f"{name}_seed_{seed}_{identify_run(own, prepared.version)[:8]}"
            run, seconds = _train(own, prepared, final, say)
            answers[which].append(_read_answers(run))
            spent += seconds
    return compare_answers(np.stack(answers[BEFORE]), np.stack(answers[AFTER])), spent


def _train(recipe: Recipe, prepared: PreparedDataset, final: Path, say: Callable[[str], None]) -> tuple[Path, float]:
    """The finished run, and its seconds over all attempts that came to an end."""
    if final.exists():
        return final, float(json.loads((final / SECONDS).read_text("utf-8")))
    folder = final.with_name(final.name + run_folder.UNFINISHED)
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with run_folder.hold_run(folder):
        try:
            metrics = run_training(recipe, folder, studies=False, prepared=prepared)
        except UserError as error:
            raise UserError(f"{final.name}: {error}") from error
    seconds = time.perf_counter() - start
    write_text(folder / SECONDS, json.dumps(round(seconds, 2)))
    folder.rename(final)
    if metrics is not None:
        say(f"{final.name}: test accuracy {metrics.test.accuracy:.4f} ({seconds:.0f} s)")
    return final, seconds


def _read_answers(run: Path) -> npt.NDArray[np.bool_]:
    """Whether each test picture was named rightly, `[pictures]`, by file name."""
    path = run / run_folder.PREDICTIONS
    try:
        table = read_guarded_csv(path, ("file",)).sort_values("file", kind="stable")
        return np.asarray(table["correct"], dtype=np.bool_)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: cannot be read; remove {run} and run the same command again") from error
