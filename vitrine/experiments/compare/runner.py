"""Doing the runs of a comparison one after another: what is missing, what was interrupted, and what fails."""

import gc
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from vitrine.data.prepare.working_folder import is_full
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.experiments.compare.cost import Meter
from vitrine.experiments.compare.plan import PlannedRun
from vitrine.experiments.compare.shared_features import keep, reuse
from vitrine.records import folder as run_folder
from vitrine.records.atomic import write_text
from vitrine.records.comparison import Failure
from vitrine.records.cost import Cost
from vitrine.records.locks import hold_lock
from vitrine.reports.run.page import write_run_report
from vitrine.training.head.features import FEATURES
from vitrine.training.loop.progress import EpochRecord, Listeners
from vitrine.training.matching_data import open_matching_data
from vitrine.training.run import can_go_on, run_training

STORE = ".features"
MOST_SILENT_STARTS = 3  # after so many attempts that ended without a word, a run counts as failed
PATIENCE = 2.0  # seconds between two looks at runs that another process does

Kind = Literal["features", "epoch", "done", "failed", "note"]


class _ElsewhereError(Exception):
    """Another process does the run."""


@dataclass(frozen=True)
class Event:
    """What a display is told.

    Attributes:
        kind: what happened: features are computed, an epoch or a whole run is done or has failed; or a note.
        run: title of the run.
        done: pictures or epochs so far.
        total: of them.
        accuracy: of a run that is done, on the test pictures.
        seconds: of a run that is done.
        text: why a run failed, or the note.
    """

    kind: Kind
    run: str
    done: int = 0
    total: int = 0
    accuracy: float = 0.0
    seconds: float = 0.0
    text: str = ""


Tell = Callable[[Event], None]


@dataclass(frozen=True)
class Options:
    """How runs are done.

    Attributes:
        reports: whether each run gets its own page, which takes seconds.
        threads: of this process on a CPU; None leaves torch's choice.
    """

    reports: bool = False
    threads: int | None = None


def do_runs(runs: Sequence[PlannedRun], options: Options, tell: Tell) -> None:
    """Does every run that is neither done nor failed, beside other processes and machines that do the same.

    Returns when nothing is left to do, here or elsewhere. A run that another process does is waited for: should that
    process die, this one takes the run over.

    Args:
        runs: of a comparison.
        options: how they are done.
        tell: told what happens.

    Raises:
        UserError: the disk cannot lock files.
        KeyboardInterrupt: somebody stopped it; all that was done is kept.
    """
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    left = list(runs)
    while left:
        elsewhere = [run for run in left if not _do_if_free(run, options, tell)]
        if len(elsewhere) == len(left):
            time.sleep(PATIENCE)
        left = elsewhere


def _do_if_free(run: PlannedRun, options: Options, tell: Tell) -> bool:
    """Returns whether nothing is left to do for this run."""
    if run.is_done() or run.failure.exists():
        return True
    run.lock.parent.mkdir(parents=True, exist_ok=True)
    unlockable = UserError(
        f"{run.lock.parent}: this disk cannot lock files, so that nothing keeps two processes from doing the same run; "
        "run the command in a folder on another disk"
    )
    try:
        with hold_lock(run.lock, _ElsewhereError(), unlockable=unlockable):
            if not run.is_done() and not run.failure.exists():
                run.unfinished.mkdir(parents=True, exist_ok=True)
                with run_folder.hold_run(run.unfinished):
                    _do(run, options, tell)
    except _ElsewhereError:
        return False
    return True


def _do(run: PlannedRun, options: Options, tell: Tell) -> None:
    """A run that fails is written down with its reason; the others go on."""
    folder = run.unfinished
    meter = Meter(folder, Cost(identity=run.identity, variant=run.variant, seed=run.seed, fold=run.fold))
    try:
        if meter.silent_starts > MOST_SILENT_STARTS:
            raise UserError(
                f"its process ended {MOST_SILENT_STARTS} times without a word, perhaps for want of memory; a smaller "
                "optim.batch_size needs less"
            )
        prepared, recipe = open_matching_data(run.recipe)
        accuracy = _train(replace(run, recipe=recipe), prepared, meter, tell)
        if options.reports:
            write_run_report(folder, prepared, recipe.report.language)
        cost = meter.end()
        run_folder.finish_run(folder)
        tell(Event("done", run.title, accuracy=accuracy, seconds=cost.seconds))
    except Exception as error:
        if is_full(error):
            raise
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        _write_failure(run, reason)
        meter.end()
        _clear(folder)
        tell(Event("failed", run.title, text=reason))
    except KeyboardInterrupt:
        meter.end()
        raise
    finally:
        gc.collect()  # Accelerate keeps rings of references to a network
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _train(run: PlannedRun, prepared: PreparedDataset, meter: Meter, tell: Tell) -> float:
    """Returns the accuracy on the test pictures."""
    folder, store = run.unfinished, run.folder.parent.parent / STORE
    reused = reuse(run, store)

    def count_epoch(record: EpochRecord) -> None:
        meter.mark_epoch(record.seconds)
        tell(Event("epoch", run.title, record.epoch, run.recipe.optim.epochs))

    listeners = Listeners(
        on_start=lambda _: meter.mark_ready(),
        on_epoch=count_epoch,
        on_features=lambda done, total: tell(Event("features", run.title, done, total)),
        say=lambda text: tell(Event("note", run.title, text=text)),
    )
    metrics = run_training(run.recipe, folder, listeners, studies=False, prepared=prepared)
    features = folder / run_folder.CHECKPOINT / FEATURES
    if features.is_symlink() and reused is not None:
        meter.borrow(reused)
    elif meter.features is not None:
        keep(run, store, meter.features)
    if metrics is None:
        raise UserError("each run of a comparison is trained by one process; start it without accelerate or torchrun")
    return metrics.test.accuracy


def _write_failure(run: PlannedRun, reason: str) -> None:
    failure = Failure(variant=run.variant, seed=run.seed, fold=run.fold, reason=reason)
    write_text(run.failure, failure.model_dump_json(indent=2))


def read_failure(run: PlannedRun) -> str | None:
    """Why a run could not be done; None where nothing says so."""
    try:
        return Failure.model_validate_json(run.failure.read_bytes()).reason
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "unknown: the file that says so is damaged"


def forget_failures(runs: Sequence[PlannedRun]) -> None:
    """Lets failed runs be tried again."""
    for run in runs:
        run.failure.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """What a failed run leaves is of no use where it holds no work."""
    if not can_go_on(folder):
        shutil.rmtree(folder, ignore_errors=True)
