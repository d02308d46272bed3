"""The run folder: the names in it, its birth under an unfinished name, who is at work on it, the last finished one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from vitrine.errors import UserError
from vitrine.records.atomic import point_to
from vitrine.records.locks import hold_lock, is_locked

RECIPE = "recipe.yaml"
ENVIRONMENT = "environment.json"
DATA = "data.json"
HISTORY = "history.csv"
METRICS = "metrics.json"
PREDICTIONS = "predictions.csv"
LOGITS = "logits.npz"
FIGURES = "figures"
REPORT = "report.html"
MODEL = "model"
CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints"
TENSORBOARD = "tensorboard"
LATEST = "latest"
UNFINISHED = ".unfinished"


def start_run(runs: Path, name: str) -> Path:
    """Makes `runs/<name>/<local time>.unfinished/`; the suffix goes when the run is complete."""
    parent = runs / name
    parent.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")  # local time: people look for "this morning's run"
    number = 1
    while True:
        final = parent / (stamp if number == 1 else f"{stamp}_{number}")
        folder = final.with_name(final.name + UNFINISHED)
        if not final.exists():
            try:
                folder.mkdir()
            except FileExistsError:  # another run of the same second
                number += 1
                continue
            return folder
        number += 1


@contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Keeps every other process from going on with the same run.

    Raises:
        UserError: another process is at work on it.
    """
    at_work = UserError(f"{folder}: another training is at work on this run just now; wait until it has ended")
    try:
        with hold_lock(_lock(folder), at_work, is_removed=True):
            yield
    finally:
        with suppress(OSError):  # other runs of this name stay; a first one that never began leaves nothing
            folder.parent.rmdir()


def is_held(folder: Path) -> bool:
    """Whether a process is at work on an unfinished run."""
    return is_locked(_lock(folder))


def _lock(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def finish_run(folder: Path) -> Path:
    """Gives a complete run its final name and points `latest` to it; the checkpoint is of no more use.

    Returns:
        The run folder under its final name.
    """
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    final = folder.with_name(folder.name.removesuffix(UNFINISHED))
    folder.rename(final)
    point_to(final.parent / LATEST, final)
    return final
