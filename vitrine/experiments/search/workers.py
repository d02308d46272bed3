"""Which process works on which trial, and what becomes of the trials of processes that died."""

import contextlib
import os
import platform
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import optuna
import psutil
from optuna.trial import FrozenTrial, TrialState

from vitrine.experiments.search.sampler import RETRY_OF, SURPLUS, counted_trials
from vitrine.experiments.search.storage import IS_DEFAULT

WORKER = "worker"
BEAT = "beat"
RETRIES = "retries"
REASON = "reason"
BEAT_SECONDS = 20.0
GRACE_SECONDS = 120.0  # without a beat; a storage may be away for a moment
MOST_RETRIES = 2  # a trial that takes its process down each time must not do so for ever
DIED = "its process died each time it was tried; the memory may not be enough"


def describe_worker() -> dict[str, Any]:
    """This process, so that others can tell whether it is alive."""
    return {"host": platform.node(), "pid": os.getpid(), "started": psutil.Process().create_time()}


def is_alive(worker: dict[str, Any]) -> bool | None:
    """Whether a process of this machine is still there.

    Returns:
        None where its number is there and its time is another: another process has it by now, or the clock was set.
    """
    try:
        process = psutil.Process(worker["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return True if abs(process.create_time() - worker["started"]) < 1 else None
    except psutil.Error:
        return False


class Watch:
    """Tells the dead among workers by whether their beats go on, as long as this process looks.

    What the clocks of their machines say plays no part: one may be hours ahead of another.
    """

    def __init__(self) -> None:
        self._seen: dict[int, tuple[object, float]] = {}  # of a trial: its last sign, and when it was first seen

    def is_dead(self, trial: FrozenTrial) -> bool:
        """Whether nobody works any more on a trial that is marked as running."""
        worker = trial.user_attrs.get(WORKER)  # None: its process died before it could sign, or will sign in a moment
        if worker is not None and worker["host"] == platform.node():
            alive = is_alive(worker)
            if alive is not None:
                return not alive
        sign, now = (worker, trial.user_attrs.get(BEAT)), time.monotonic()
        last, since = self._seen.get(trial.number, (None, now))
        if sign != last:
            self._seen[trial.number] = sign, now
            return False
        return now - since > GRACE_SECONDS


def reap_dead_trials(study: optuna.Study, watch: Watch) -> list[int]:
    """Gives the trials of dead processes back to the search.

    Args:
        study: of the search.
        watch: of this process, for as long as it works on the search.

    Returns:
        Their numbers.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    dead = [trial for trial in running if watch.is_dead(trial)]
    return [trial.number for trial in dead if give_back(study, trial)]


def give_back(study: optuna.Study, trial: FrozenTrial, counts: bool = True) -> bool:
    """Ends a trial that gave nothing, and queues its values again.

    Args:
        study: of the trial.
        trial: a running one.
        counts: whether this was one of the few times that a trial may be tried again.

    Returns:
        False where another process was quicker.
    """
    with_retries = int(trial.user_attrs.get(RETRIES, 0)) + counts
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, RuntimeError):  # it is no longer running
        return False
    if with_retries <= MOST_RETRIES:
        kept = {IS_DEFAULT: True} if IS_DEFAULT in trial.user_attrs else {}
        study.enqueue_trial(stored_params(trial), user_attrs={RETRY_OF: trial.number, RETRIES: with_retries, **kept})
    return True


def stored_params(trial: FrozenTrial) -> dict[str, Any]:
    """The values that a trial has, or was queued with."""
    return trial.params or dict(trial.system_attrs.get("fixed_params", {}))


def is_surplus(study: optuna.Study, trial: optuna.Trial, wanted: int) -> bool:
    """Whether workers that asked at the same time have begun one trial too many, and this is it.

    Args:
        study: of the search.
        trial: that this worker has just begun.
        wanted: trials in all.
    """
    counted = counted_trials(study.get_trials(deepcopy=False))
    if sum(other.number < trial.number for other in counted) < wanted:
        return False
    trial.set_user_attr(SURPLUS, True)
    study.tell(trial, state=TrialState.FAIL)
    return True


def count_started(study: optuna.Study) -> int:
    """Trials that are running or finished, and count."""
    trials = counted_trials(study.get_trials(deepcopy=False))
    return sum(trial.state != TrialState.WAITING for trial in trials)


def count_running(study: optuna.Study) -> int:
    """Trials that somebody works on."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))


@contextlib.contextmanager
def signed(trial: optuna.Trial) -> Iterator[None]:
    """While it is open, other processes and machines see that this one works on the trial."""
    trial.set_user_attr(WORKER, describe_worker())
    over = threading.Event()

    def beat() -> None:
        for number in count(1):
            if over.wait(BEAT_SECONDS):
                return
            # A storage that is away for a moment ends no trial; one that stays away ends it at its next epoch.
            with contextlib.suppress(Exception):
                trial.set_user_attr(BEAT, number)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
