"""From a recipe to a run folder: prepared data set, network, training, model folder, final evaluation."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from vitrine.config.recipe import Recipe
from vitrine.data.manifest.split import VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records import folder as run_folder
from vitrine.records.atomic import write_text
from vitrine.records.environment import describe_environment, now
from vitrine.records.prepared import Settings
from vitrine.training.finish import save_and_evaluate
from vitrine.training.fit import fit_recipe
from vitrine.training.loop.progress import Listeners
from vitrine.training.machine.devices import open_processes
from vitrine.training.machine.processes import as_main_says
from vitrine.training.machine.trackers import check_tracker


def open_matching_data(recipe: Recipe) -> tuple[PreparedDataset, Recipe]:
    """Opens the prepared data set and makes sure that it was made with the recipe's settings.

    Returns:
        The data set, and the recipe with the source that the data set was made from, which need not be repeated.

    Raises:
        UserError: there is none, or it was made with other settings; the message lists them.
    """
    folder = recipe.prepared_folder
    prepared = open_prepared(folder, recipe.data.fold)
    stored = prepared.facts.settings.content()
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": stored["data.source"]})})
    wanted = Settings(
        data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation
    ).content()
    different = [f"{name} is {wanted[name]}, not {stored[name]}" for name in stored if wanted[name] != stored[name]]
    if different:
        raise UserError(
            f"{folder} was prepared with other settings ({'; '.join(different)}). "
            f"Run `{command_line('prepare')}` with this recipe again"
        )
    return prepared, recipe


def is_main_process() -> bool:
    """Whether this process is the only one, or the one of several that writes and prints."""
    return bool(open_processes().is_main_process)


def open_run(runs: Path, name: str) -> Path:
    """Makes a new run folder, the same one for all processes of a training."""
    folder = run_folder.start_run(runs, name) if is_main_process() else runs
    return as_main_says(open_processes(), folder)


def run_training(
    recipe: Recipe,
    folder: Path,
    listeners: Listeners | None = None,
    begun: float | None = None,
    studies: bool = True,
) -> dict[str, Any]:
    """Trains, evaluates and fills an unfinished run folder (all but the report).

    Args:
        recipe: the resolved recipe.
        folder: the run folder; holds checkpoints where an interrupted run goes on.
        listeners: told how it goes.
        begun: `time.monotonic()` from which a time budget counts; None: from now.
        studies: whether the training pictures are studied where the recipe asks for it; one of many runs on the same
            pictures does without.

    Returns:
        The content of `metrics.json`; nothing in processes other than the main one, which evaluates alone.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the training goes on from there with the same folder.
    """
    started, begun = now(), time.monotonic() if begun is None else begun
    listeners = listeners or Listeners()
    check_tracker(recipe.engine.tracker)
    prepared, recipe = open_matching_data(recipe)
    fitted = fit_recipe(recipe, prepared, folder, listeners, begun)
    if not is_main_process():
        return {}
    fit, facts = fitted.fit, fitted.facts
    history = pd.DataFrame([asdict(record) for record in fit.history])
    history.to_csv(folder / run_folder.HISTORY, index=False)
    studies = studies and recipe.report.study and recipe.engine.budget_minutes is None
    metrics = save_and_evaluate(recipe, prepared, fitted, folder, studies)
    best = fit.best
    metrics |= {
        "validation": {
            "pictures": len(prepared.splits[VALIDATION]),
            "accuracy": best.validation_accuracy,
            "loss": best.validation_loss,
            "best_epoch": fit.best_epoch,
            "monitor": fit.monitor,
        },
        "training": facts,
    }
    write_text(folder / run_folder.METRICS, json.dumps(metrics, indent=2, ensure_ascii=False))
    environment = describe_environment(facts["device"]) | {"started": started, "finished": now()}
    write_text(folder / run_folder.ENVIRONMENT, json.dumps(environment, indent=2, ensure_ascii=False))
    return metrics
