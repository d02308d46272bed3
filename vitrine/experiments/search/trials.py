"""The trials of a search, one after another in one process: libraries and data set are loaded once."""

import gc
import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import datasets
import optuna
import torch
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.experiments.search.file import Search
from vitrine.experiments.search.sampler import counted_trials, suggest_values
from vitrine.experiments.search.workers import (
    DIED,
    REASON,
    Watch,
    count_running,
    count_started,
    give_back,
    is_surplus,
    reap_dead_trials,
    signed,
)
from vitrine.records import folder as run_folder
from vitrine.training.fit import fit_network
from vitrine.training.head.features import FEATURES
from vitrine.training.loop.progress import EpochRecord, Listeners
from vitrine.training.machine.memory import is_out_of_memory
from vitrine.training.plan import plan_training

POLL_SECONDS = 1.0
HOPELESS = 10  # so many trials that all fail, and none that does not, end a search before its last trial
FIGURES = "figures"

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrialReport:
    """What is said of a finished trial.

    Attributes:
        number: place among the trials that count, from 1.
        state: of the trial.
        value: of the objective, lower is better; None of failed and pruned trials.
        best: of all complete trials so far.
        seconds: that the trial took.
        reason: why it failed.
    """

    number: int
    state: TrialState
    value: float | None
    best: float | None
    seconds: float
    reason: str = ""


def without_test(prepared: PreparedDataset) -> PreparedDataset:
    """The data set as trials get it: there is no test split to look at."""
    seen = datasets.DatasetDict({split: prepared.splits[split] for split in (TRAIN, VALIDATION)})
    return replace(prepared, splits=seen)


def run_trials(
    search: Search,
    study: optuna.Study,
    prepared: PreparedDataset,
    scratch: Path,
    report: Callable[[TrialReport], None] = lambda _: None,
    say: Say = lambda _: None,
    deadline: float = math.inf,
) -> None:
    """Works on trials until there are as many as wanted, whoever works on the others.

    Args:
        search: what is searched.
        study: of the search.
        prepared: the data set; its test split is put aside first.
        scratch: folder of this process alone; is removed at the end.
        report: told of each finished trial.
        say: what a person should know.
        deadline: `time.monotonic()` after which no trial is started.

    Raises:
        UserError: every trial fails.
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the trial under work is queued again.
    """
    prepared, watch = without_test(prepared), Watch()
    scratch.mkdir(parents=True, exist_ok=True)
    gc.freeze()  # the libraries' own objects; without it each clean-up after a trial looks through all of them
    try:
        while True:
            for _ in reap_dead_trials(study, watch):
                say("a trial was left by a process that died; its values are tried again")
            stop_if_hopeless(study)
            if time.monotonic() >= deadline:
                return
            if count_started(study) >= search.file.trials:
                if count_running(study) == 0:
                    return
                time.sleep(POLL_SECONDS)  # should one of the others die, its trial is ours
                continue
            trial = study.ask()
            if not is_surplus(study, trial, search.file.trials):
                report(_run_trial(search, study, trial, prepared, scratch))
                _tidy(scratch)
    finally:
        gc.unfreeze()
        shutil.rmtree(scratch, ignore_errors=True)


def _run_trial(
    search: Search, study: optuna.Study, trial: optuna.Trial, prepared: PreparedDataset, scratch: Path
) -> TrialReport:
    start = time.perf_counter()
    state, value, reason = TrialState.COMPLETE, None, ""
    figures: dict[str, Any] = {}

    def note(record: EpochRecord) -> None:
        trial.report(record.validation_loss, record.epoch)
        if not math.isfinite(record.validation_loss):
            raise UserError(f"epoch {record.epoch}: the validation loss is no longer a number")
        figures["epochs"] = record.epoch
        if record.epoch < search.epochs and trial.should_prune():
            raise optuna.TrialPruned

    with signed(trial):
        try:
            recipe = search.trial_recipe(suggest_values(trial, search.space))
            plan = plan_training(recipe, prepared)
            fitted = fit_network(plan, prepared, scratch, Listeners(on_epoch=note), time.monotonic())
            best = fitted.fit.best
            figures |= {"best_epoch": fitted.fit.best_epoch, "parameters": fitted.facts["parameters"]}
            figures |= {"loss": best.validation_loss, "accuracy": best.validation_accuracy}
            is_loss = search.file.objective == "validation_loss"
            value = best.validation_loss if is_loss else 1 - best.validation_accuracy
        except optuna.TrialPruned:
            state = TrialState.PRUNED
        except (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError):
            raise  # neither the storage nor a full disk is the trial's fault
        except KeyboardInterrupt:
            give_back(study, study.trials[trial.number], counts=False)
            raise
        except Exception as error:  # whatever a combination of values breaks is a finding about it
            state, reason = TrialState.FAIL, explain_failure(error)
        seconds = time.perf_counter() - start
        return _end_trial(study, trial, state, value, reason, figures | {"seconds": seconds})


def _end_trial(
    study: optuna.Study,
    trial: optuna.Trial,
    state: TrialState,
    value: float | None,
    reason: str,
    figures: Mapping[str, Any],
) -> TrialReport:
    try:
        trial.set_user_attr(FIGURES, dict(figures))
        if reason:
            trial.set_user_attr(REASON, reason)
        study.tell(trial, value, state=state)
    except (ValueError, RuntimeError) as error:  # finished meanwhile: others took this process for dead
        if isinstance(error, optuna.exceptions.StorageInternalError):
            raise
        reason = "another process had given it up; its result is left out"
        state, value = TrialState.FAIL, None
    counted = counted_trials(study.get_trials(deepcopy=False))
    values = [other.value for other in counted if other.state == TrialState.COMPLETE and other.value is not None]
    place = sum(other.number <= trial.number for other in counted)
    return TrialReport(place, state, value, min(values, default=None), figures["seconds"], reason)


def explain_failure(error: Exception) -> str:
    """One line for the person who reads why a trial failed."""
    if is_out_of_memory(error):
        return "out of memory"
    text = " ".join(str(error).split())
    return text[:300] if isinstance(error, UserError) else f"{type(error).__name__}: {text}"[:300]


def _tidy(scratch: Path) -> None:
    """Leaves the next trial nothing but what a frozen backbone computed, which it may use if it fits."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    features = scratch / run_folder.CHECKPOINT / FEATURES
    kept = features.rename(scratch.with_name(scratch.name + ".features")) if features.exists() else None
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / run_folder.CHECKPOINT).mkdir(parents=True)
    if kept is not None:
        kept.rename(features)


def stop_if_hopeless(study: optuna.Study) -> None:
    """Ends a search of which every trial fails.

    Raises:
        UserError: ten trials are finished and all failed; names the most frequent reasons.
    """
    finished = [trial for trial in counted_trials(study.get_trials(deepcopy=False)) if trial.state.is_finished()]
    if len(finished) >= HOPELESS:
        check_any_came_through(study)


def check_any_came_through(study: optuna.Study) -> None:
    """Makes sure that not all trials failed.

    Raises:
        UserError: they did; names the most frequent reasons.
    """
    finished = [trial for trial in counted_trials(study.get_trials(deepcopy=False)) if trial.state.is_finished()]
    if not finished or any(trial.state != TrialState.FAIL for trial in finished):
        return
    reasons = [str(trial.user_attrs.get(REASON, DIED)) for trial in finished]
    ranked = sorted(set(reasons), key=lambda reason: -reasons.count(reason))[:3]
    told = "\n  ".join(f"{reasons.count(reason)} x {reason}" for reason in ranked)
    raise UserError(
        f"{study.study_name}: all {len(finished)} trials of the search failed, most often because of:\n  {told}\n"
        "Mend the recipe or the ranges, and search under another name (name=...)"
    )
