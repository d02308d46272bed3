"""From a recipe to a run folder: prepared data set, network, training, model folder, final evaluation."""

import time
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from vitrine.config.recipe import Recipe
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.description import describe_training_data
from vitrine.errors import UserError
from vitrine.models.backbones.licenses import describe_binding_license
from vitrine.records import folder as run_folder
from vitrine.records.environment import describe_environment, now
from vitrine.records.run import Metrics
from vitrine.training.finish import BeforeTest, save_and_evaluate
from vitrine.training.fit import fit_network
from vitrine.training.head.features import FEATURES
from vitrine.training.loop.progress import Listeners
from vitrine.training.loop.thread_choice import threads_given_back
from vitrine.training.machine.devices import open_processes
from vitrine.training.machine.processes import as_main_says
from vitrine.training.machine.trackers import check_tracker
from vitrine.training.matching_data import open_matching_data
from vitrine.training.plan import plan_training


def is_main_process() -> bool:
    """Whether this process is the only one, or the one of several that writes and prints."""
    return bool(open_processes().is_main_process)


def open_run(runs: Path, name: str) -> Path:
    """Makes a new run folder, the same one for all processes of a training."""
    folder = run_folder.start_run(runs, name) if is_main_process() else runs
    return as_main_says(open_processes(), folder)


def can_go_on(folder: Path) -> bool:
    """Whether an unfinished run holds work that would be missed: a checkpoint, features computed once, or a model."""
    checkpoint = folder / run_folder.CHECKPOINT
    whole = (checkpoint / FEATURES, folder / run_folder.MODEL)  # both come into being with all that belongs to them
    return any(checkpoint.glob("number_*")) or any(place.exists() for place in whole)


@threads_given_back()  # the evaluation computes with those that the training has chosen
def run_training(
    recipe: Recipe,
    folder: Path,
    listeners: Listeners | None = None,
    begun: float | None = None,
    studies: bool = True,
    prepared: PreparedDataset | None = None,
    before_test: BeforeTest | None = None,
) -> Metrics | None:
    """Trains, evaluates and fills an unfinished run folder (all but the report).

    Args:
        recipe: the resolved recipe.
        folder: the run folder; holds checkpoints where an interrupted run goes on.
        listeners: told how it goes.
        begun: `time.monotonic()` from which a time budget counts; None: from now.
        studies: whether the training pictures are studied where the recipe asks for it; one of many runs on the same
            pictures does without.
        prepared: the data set, where `open_matching_data` has opened it with this recipe; None: it is opened here.
        before_test: as for `save_and_evaluate`.

    Returns:
        The content of `metrics.json`; None in processes other than the main one, which evaluates alone.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the training goes on from there with the same folder.
        UserError: the processes have opened different data sets.
    """
    started, begun = now(), time.monotonic() if begun is None else begun
    listeners = listeners or Listeners()
    check_tracker(recipe.engine.tracker)
    if prepared is None:
        prepared, recipe = open_matching_data(recipe)
    _check_all_have(prepared)
    plan = plan_training(recipe, prepared)
    if binding := describe_binding_license(recipe.model.backbone, recipe.model.pretrained):
        listeners.say(f"licence: {binding}")
    fitted = fit_network(plan, prepared, folder, listeners, begun)
    if not is_main_process():
        return None
    fit, facts = fitted.fit, fitted.facts
    history = pd.DataFrame([asdict(record) for record in fit.history])
    history.to_csv(folder / run_folder.HISTORY, index=False)
    metrics = save_and_evaluate(plan, prepared, fitted, folder, studies, before_test)
    metrics.write(folder / run_folder.METRICS)
    environment = describe_environment(facts["device"], started, prepared.version)
    environment.write(folder / run_folder.ENVIRONMENT)
    describe_training_data(prepared).write(folder / run_folder.DATA)
    return metrics


def _check_all_have(prepared: PreparedDataset) -> None:
    """Makes sure that all processes opened one data set: each machine may have a folder or a copy of its own."""
    version = as_main_says(open_processes(), prepared.version)
    if version != prepared.version:
        raise UserError(
            f"{prepared.folder} is version {prepared.version} of the data set here and {version} at the main process; "
            "give all machines the same one, and start the training again"
        )
