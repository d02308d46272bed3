"""A whole search: trials in one process or several, then what they gained, then page, numbers and best recipe."""

import contextlib
import math
import multiprocessing
import os
import platform
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import optuna
import psutil
import torch

from vitrine.config.recipe import Recipe
from vitrine.data.manifest.split_names import SPLITS
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.experiments.search.file import Search
from vitrine.experiments.search.gain import measure_gain
from vitrine.experiments.search.results import (
    best_recipe,
    count_retried,
    find_best,
    finished_trials,
    record_parameters,
    record_trials,
    write_recipe,
)
from vitrine.experiments.search.storage import explained_errors, open_study
from vitrine.experiments.search.trials import Say, TrialReport, run_trials
from vitrine.records.atomic import write_text
from vitrine.records.environment import now
from vitrine.records.search import NUMBERS, SearchCost, SearchResult, TrialRecord
from vitrine.reports.search.page import PAGE, render_search_page, tell_gain
from vitrine.training.machine.devices import describe_device, open_processes
from vitrine.training.machine.interrupts import ignoring_interrupts
from vitrine.training.matching_data import open_matching_data
from vitrine.ui.texts import Texts, load_texts

BEST = "best.yaml"
SCRATCH = "scratch"

Report = Callable[[TrialReport], None]


@dataclass(frozen=True)
class Place:
    """Where a search works.

    Attributes:
        folder: of its results.
        address: of the storage of its trials.
    """

    folder: Path
    address: str


def open_search(search: Search) -> tuple[Search, PreparedDataset]:
    """Opens the prepared data set; the search then knows where its pictures came from.

    Raises:
        UserError: there is none, or it was made with other settings.
    """
    prepared, base = open_matching_data(search.base)
    return replace(search, base=base), prepared


def do_trials(
    search: Search, prepared: PreparedDataset, place: Place, workers: int, report: Report, say: Say
) -> optuna.Study:
    """Works on trials until there are as many as wanted, in this process and `workers` - 1 others.

    Args:
        search: opened.
        prepared: its data set.
        place: where the trials are kept.
        workers: processes on this machine.
        report: told of each trial, in the process that worked on it; a function that other processes can import.
        say: what a person should know; likewise.

    Raises:
        UserError: the storage is down, holds another search, or every trial fails.
        KeyboardInterrupt: somebody stopped it; the same call goes on.
    """
    study = open_study(search, prepared, place.address)
    place.folder.mkdir(parents=True, exist_ok=True)
    clear_scratch(place.folder)
    deadline = math.inf if search.file.minutes is None else time.monotonic() + 60 * search.file.minutes
    with _further_workers(search, place, workers, deadline, report, say), explained_errors(place.address):
        run_trials(search, study, prepared, scratch_folder(place.folder), report, say, deadline)
    return study


def scratch_folder(folder: Path) -> Path:
    """Where this process puts what a trial writes while it is trained."""
    return folder / SCRATCH / f"{platform.node()}_{os.getpid()}"


def clear_scratch(folder: Path) -> None:
    """Removes what killed processes of this machine have left."""
    for left in (folder / SCRATCH).glob(f"{platform.node()}_*"):
        number = left.name.removeprefix(f"{platform.node()}_").partition(".")[0]
        if number.isdigit() and not _is_there(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _is_there(pid: int) -> bool:
    return psutil.pid_exists(pid) and pid != os.getpid()


@contextlib.contextmanager
def _further_workers(
    search: Search, place: Place, workers: int, deadline: float, report: Report, say: Say
) -> Iterator[None]:
    """Other processes work while it is open; they end by themselves, or give their trials back where this one fails."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads, before = max(1, cores // workers), torch.get_num_threads()
    if workers == 1:
        yield
        return
    context = multiprocessing.get_context("spawn")  # threads and a GPU do not survive a fork
    left = deadline - time.monotonic()
    others: list[BaseProcess] = [
        context.Process(target=work, args=(search, place, threads, left, report, say)) for _ in range(workers - 1)
    ]
    torch.set_num_threads(threads)
    with ignoring_interrupts():
        for process in others:
            process.start()
    try:
        yield
    except BaseException:
        for process in others:
            process.terminate()
        raise
    finally:
        torch.set_num_threads(before)
        for process in others:
            process.join()


def work(search: Search, place: Place, threads: int, seconds: float, report: Report, say: Say) -> None:
    """The life of a further worker.

    Args:
        search: what is searched.
        place: where results and trials are kept.
        threads: of this process.
        seconds: after which no trial is started.
        report: told of each trial.
        say: told what a person should know.
    """
    # What it dies of ends the first process too, which tells it.
    with contextlib.suppress(KeyboardInterrupt, UserError), explained_errors(place.address):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        torch.set_num_threads(threads)
        deadline = time.monotonic() + seconds
        search, prepared = open_search(search)
        study = open_study(search, prepared, place.address)
        run_trials(search, study, prepared, scratch_folder(place.folder), report, say, deadline)


def conclude(
    search: Search, prepared: PreparedDataset, study: optuna.Study, place: Place, texts: Texts, say: Say
) -> tuple[str, SearchResult]:
    """Writes the best recipe, trains it and the one before, compares them, and writes page and numbers.

    Args:
        search: what was searched.
        prepared: its data set.
        study: its trials.
        place: where results are kept.
        texts: of the page.
        say: told of each training.

    Returns:
        The sentence on top of the page, and what it says in numbers.

    Raises:
        UserError: no trial was trained to its end.
    """
    with explained_errors(place.address):
        best = find_best(study)
        trials = record_trials(study)
        parameters = record_parameters(search, study, best)
        retried = count_retried(study)
        number = [trial.number for trial in finished_trials(study)].index(best.number) + 1
    recipe = best_recipe(search, best)
    counts = [sum(prepared.facts.counts[split].values()) for split in SPLITS]
    result = SearchResult(
        name=search.name,
        recipe=search.base.name,
        created=now(),
        objective=search.file.objective,
        epochs=search.epochs,
        final_epochs=search.base.optim.epochs,
        pruner=search.file.pruner.method,
        sampler_seed=search.file.sampler_seed,
        seeds=search.file.seeds,
        device=describe_device(open_processes().device),
        pictures=(counts[0], counts[1], counts[2]),
        wanted=search.file.trials,
        best=number,
        gain=None,
        parameters=parameters,
        trials=trials,
        cost=_add_up(trials, retried),
    )
    best_text = _write_best(recipe, result, place)  # what follows takes long, and may be stopped or fail
    if search.file.seeds and recipe != search.base:
        result = _measure_gain(search, recipe, result, prepared, place, say)
        best_text = _write_best(recipe, result, place)
    result.write(place.folder / NUMBERS)
    write_text(place.folder / PAGE, render_search_page(result, best_text, str(place.folder / BEST), texts))
    return tell_gain(result, texts), result


def _write_best(recipe: Recipe, result: SearchResult, place: Place) -> str:
    """Writes the best recipe; returns its text."""
    trial = f"trial {result.best} of {len(result.trials)}"
    header = {
        f"Best recipe of the search '{result.name}'": f"{trial}, {result.created[:10]}",
        "On the test pictures": tell_gain(result, load_texts("en")),
    }
    text = write_recipe(recipe, result.parameters, header)
    write_text(place.folder / BEST, text)
    return text


def _measure_gain(
    search: Search, recipe: Recipe, result: SearchResult, prepared: PreparedDataset, place: Place, say: Say
) -> SearchResult:
    """The result with the gain, or with the reason why there is none: one training that fails costs no search."""
    try:
        gain, seconds = measure_gain(search.base, recipe, result.best, result.seeds, prepared, place.folder, say)
    except UserError as error:
        reason = " ".join(str(error).split())
        say(f"what the search gained is not measured, since a training at the end failed: {reason}")
        return result.model_copy(update={"gain_failure": reason})
    cost = result.cost.model_copy(update={"final_seconds": seconds})
    return result.model_copy(update={"gain": gain, "cost": cost})


def _add_up(trials: tuple[TrialRecord, ...], retried: int) -> SearchCost:
    states = [trial.state for trial in trials]
    return SearchCost(
        trial_seconds=sum(trial.seconds or 0.0 for trial in trials),
        complete=states.count("complete"),
        pruned=states.count("pruned"),
        failed=states.count("failed"),
        retried=retried,
        final_seconds=0.0,
    )
