"""All runs side by side: what each was, how long it took and how good it became, from the files in its folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from vitrine.config.loading import describe_fault, read_yaml
from vitrine.config.model import SMALL_CNN
from vitrine.config.recipe import Recipe
from vitrine.data.augmentation.description import describe_augmentation
from vitrine.errors import UserError
from vitrine.records.atomic import is_link
from vitrine.records.environment import Environment
from vitrine.records.folder import ENVIRONMENT, METRICS, RECIPE, UNFINISHED, is_held
from vitrine.records.run import Metrics
from vitrine.records.search import DATABASE, NUMBERS

Order = Literal["age", "accuracy", "loss", "duration"]
RESOLVED = ("model", "optim", "engine")
STAMP = "%Y-%m-%d_%H-%M-%S"


@dataclass(frozen=True)
class Run:
    """One row.

    Attributes:
        folder: the run folder.
        name: of the recipe; of a comparison's run with its variant: "heads/dense".
        started: with its time zone.
        seconds: from start to evaluated model; None of an unfinished run.
        recipe: resolved.
        metrics: what it reached; None of an unfinished run.
        last_written: of an unfinished run, when it last left something on the disk.
        at_work: whether a train.py is at work on it just now.
        dataset_version: of the pictures that it was trained and tested on; None where nobody noted it.
    """

    folder: Path
    name: str
    started: datetime
    seconds: float | None
    recipe: Recipe
    metrics: Metrics | None
    last_written: datetime | None = None
    at_work: bool = False
    dataset_version: str | None = None


@dataclass(frozen=True)
class Runs:
    """What lies below a folder of runs.

    Attributes:
        runs: every run that could be read, in no order that matters.
        faults: one sentence for every folder that could not.
    """

    runs: list[Run]
    faults: list[str]


def find_runs(folder: Path, pattern: str = "*") -> Runs:
    """Reads `folder/<name>/<time>/` of every name that fits, and `folder/<comparison>/<variant>/<run>/`.

    Links (`latest`), hidden folders and searches are passed over.

    Args:
        folder: where runs lie.
        pattern: of names, with `*` and `?`.
    """
    found = Runs([], [])
    for parent in _folders_in(folder):
        if not fnmatchcase(parent.name, pattern):
            continue
        for run in _folders_in(parent):
            if (run / NUMBERS).exists() or (run / DATABASE).exists():
                continue
            inner = _folders_in(run)  # a variant of a comparison holds its runs
            for each in inner if any((one / RECIPE).exists() for one in inner) else [run]:
                try:
                    found.runs.append(_read_run(each, each.parent.relative_to(folder).as_posix()))
                except (OSError, UserError) as error:
                    found.faults.append(_describe(error))
    return found


def sort_runs(runs: Sequence[Run], order: Order) -> list[Run]:
    """The newest, most accurate, quickest, or of least loss first; runs without the figure come last, newest first."""
    by_age = sorted(runs, key=lambda run: run.started, reverse=True)
    if order == "age":
        return by_age
    keys: dict[str, Callable[[Run], float | None]] = {
        "accuracy": lambda run: None if run.metrics is None else -run.metrics.test.accuracy,
        "loss": lambda run: None if run.metrics is None else run.metrics.test.loss,
        "duration": lambda run: run.seconds,
    }
    value = keys[order]
    return sorted(by_age, key=lambda run: (value(run) is None, value(run) or 0.0))


def as_record(run: Run) -> dict[str, Any]:
    """Everything that is known of a run, under the names of the CSV file; None where there is nothing."""
    metrics, recipe = run.metrics, run.recipe
    low, high = metrics.test.accuracy_interval if metrics else (None, None)
    return {
        "name": run.name,
        "started": run.started.isoformat(timespec="seconds"),
        "state": "finished" if metrics else "at work" if run.at_work else "unfinished",
        "duration_seconds": run.seconds,
        "training_seconds": metrics and metrics.training.seconds,
        "test_accuracy": metrics and metrics.test.accuracy,
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "test_loss": metrics and metrics.test.loss,
        "test_pictures": metrics and metrics.test.pictures,
        "validation_accuracy": metrics and metrics.validation.accuracy,
        "validation_loss": metrics and metrics.validation.loss,
        "backbone": recipe.model.backbone,
        "trainable_part": recipe.model.trainable_part,
        "head": describe_head(recipe),
        "augmentation": describe_augmentation(recipe.augmentation, feature_views(run)),
        "feature_views": feature_views(run),
        "split": describe_split(recipe),
        "optimiser": recipe.optim.name,
        "learning_rate": recipe.optim.learning_rate,
        "batch_size": recipe.optim.batch_size,
        "epochs": metrics and metrics.training.epochs,
        "epochs_planned": recipe.optim.epochs,
        "seed": recipe.engine.seed,
        "dataset_version": run.dataset_version,
        "folder": str(run.folder),
        "recipe": str(run.folder / RECIPE),
    }


def describe_head(recipe: Recipe) -> str:
    """Its kind and the units of its hidden layers: "dense 128-64"; "own" of the small CNN, whose head is part of it."""
    model = recipe.model
    if model.backbone == SMALL_CNN:
        return "own"
    return " ".join([model.head, "-".join(map(str, model.hidden_units))]).strip()


def feature_views(run: Run) -> int:
    """Of each picture, where a head is trained on features that are computed once; 0 where every epoch looks anew.

    Of an unfinished run, and of a finished one that did not note it, as the recipe asks for it.
    """
    model = run.recipe.model
    if run.metrics is not None and run.metrics.training.feature_views is not None:
        return run.metrics.training.feature_views
    is_cached = model.trainable_part == "head" and model.cache_features != "off"
    return min(model.feature_views, run.recipe.optim.epochs) if is_cached else 0


def describe_split(recipe: Recipe) -> str:
    """Shares of training, validation and test pictures in percent, or the number set aside: "70/15/15", "5 folds"."""
    data = recipe.data
    if data.folds is not None:
        return f"{data.folds} folds"
    validation, test = data.validation_fraction, data.test_fraction
    shares = [1 - validation - test - data.gate_fraction, validation, test]
    counts = [None, data.validation_count, data.test_count]
    return "/".join(
        f"{100 * share:.3g}" if count is None else f"{count} each" for share, count in zip(shares, counts, strict=True)
    )


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_plain_folder(path)) if folder.is_dir() else []


def _is_plain_folder(path: Path) -> bool:
    return not path.name.startswith(".") and not is_link(path) and path.is_dir()


def _read_run(folder: Path, name: str) -> Run:
    """Raises OSError or UserError where the folder is not a run, or a broken one."""
    recipe = folder / RECIPE
    if not recipe.is_file():
        raise UserError(f"{folder}: no {RECIPE}, so it is not a run, or one that ended before it began")
    choices = _read_recipe(recipe)
    if folder.name.endswith(UNFINISHED):
        last = max(path.stat().st_mtime for path in [folder, *folder.iterdir()])
        started = _read_stamp(folder) or _local(recipe.stat().st_mtime)
        return Run(folder, name, started, None, choices, None, _local(last), is_held(folder))
    environment = Environment.read(folder / ENVIRONMENT)
    metrics = Metrics.read(folder / METRICS)
    version = environment.dataset_version
    return Run(folder, name, environment.start, environment.seconds, choices, metrics, dataset_version=version)


def _read_recipe(path: Path) -> Recipe:
    """As `load_recipe`, without a word on names that were changed: there may be a hundred runs."""
    content = read_yaml(path)
    missing = [section for section in RESOLVED if section not in content]
    if missing:
        raise UserError(f"{path}: the section {missing[0]} is missing; a run keeps its recipe with every parameter")
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {describe_fault(error.errors()[0])}") from error


def _read_stamp(folder: Path) -> datetime | None:
    """The local time in a run folder's name, which may end in a number: two runs of one second."""
    try:
        return datetime.strptime("_".join(folder.name.removesuffix(UNFINISHED).split("_")[:2]), STAMP).astimezone()
    except ValueError:
        return None


def _local(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp).astimezone()


def _describe(error: OSError | UserError) -> str:
    return f"{error.filename} cannot be read ({error.strerror})" if isinstance(error, OSError) else str(error)
