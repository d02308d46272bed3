"""All runs side by side: what each was, how long it took and how good it became, from the files in its folder."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from vitrine.config.loading import RecipeLoader
from vitrine.records.folder import ENVIRONMENT, METRICS, RECIPE, UNFINISHED, is_held
from vitrine.records.schema import OpenRecord, Share

Order = Literal["age", "accuracy", "loss", "duration"]
STAMP = "%Y-%m-%d_%H-%M-%S"

Content = TypeVar("Content", bound=BaseModel)


class _Test(OpenRecord):
    pictures: int
    accuracy: Share
    accuracy_interval: tuple[Share, Share]
    loss: float


class _Validation(OpenRecord):
    accuracy: Share
    loss: float


class _Training(OpenRecord):
    seconds: float
    epochs: int


class Figures(OpenRecord):
    """What the table shows of metrics.json; the report checks all the rest of it."""

    test: _Test
    validation: _Validation
    training: _Training


class _Model(OpenRecord):
    backbone: str
    trainable_part: str = "all"


class _Optim(OpenRecord):
    name: str
    learning_rate: float
    epochs: int
    batch_size: int


class _Engine(OpenRecord):
    seed: int


class Choices(OpenRecord):
    """What the table shows of recipe.yaml, whichever version of Vitrine wrote it."""

    model: _Model
    optim: _Optim
    engine: _Engine


class _Times(OpenRecord):
    started: datetime
    finished: datetime


@dataclass(frozen=True)
class Run:
    """One row.

    Attributes:
        folder: the run folder.
        name: of the recipe; of a comparison's run with its variant: "heads/dense".
        started: with its time zone.
        seconds: from start to evaluated model; None of an unfinished run.
        choices: from its recipe.
        figures: what it reached; None of an unfinished run.
        last_written: of an unfinished run, when it last left something on the disk.
        at_work: whether a train.py is at work on it just now.
    """

    folder: Path
    name: str
    started: datetime
    seconds: float | None
    choices: Choices
    figures: Figures | None
    last_written: datetime | None = None
    at_work: bool = False


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

    Links (`latest`) and hidden folders are passed over.

    Args:
        folder: where runs lie.
        pattern: of names, with `*` and `?`.
    """
    found = Runs([], [])
    for parent in _folders_in(folder):
        if not fnmatchcase(parent.name, pattern):
            continue
        for run in _folders_in(parent):
            inner = _folders_in(run)  # a variant of a comparison holds its runs
            for each in inner if any((one / RECIPE).exists() for one in inner) else [run]:
                try:
                    found.runs.append(_read_run(each, str(each.parent.relative_to(folder))))
                except (OSError, ValueError, yaml.YAMLError) as error:
                    found.faults.append(f"{each}: {_describe(error)}")
    return found


def sort_runs(runs: Sequence[Run], order: Order) -> list[Run]:
    """The newest, most accurate, quickest, or of least loss first; runs without the figure come last, newest first."""
    by_age = sorted(runs, key=lambda run: run.started, reverse=True)
    if order == "age":
        return by_age
    keys: dict[str, Callable[[Run], float | None]] = {
        "accuracy": lambda run: None if run.figures is None else -run.figures.test.accuracy,
        "loss": lambda run: None if run.figures is None else run.figures.test.loss,
        "duration": lambda run: run.seconds,
    }
    value = keys[order]
    return sorted(by_age, key=lambda run: (value(run) is None, value(run) or 0.0))


def as_record(run: Run) -> dict[str, Any]:
    """Everything that is known of a run, under the names of the CSV file; None where there is nothing."""
    figures, choices = run.figures, run.choices
    low, high = figures.test.accuracy_interval if figures else (None, None)
    return {
        "name": run.name,
        "started": run.started.isoformat(timespec="seconds"),
        "state": "finished" if figures else "at work" if run.at_work else "unfinished",
        "duration_seconds": run.seconds,
        "training_seconds": figures and figures.training.seconds,
        "test_accuracy": figures and figures.test.accuracy,
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "test_loss": figures and figures.test.loss,
        "test_pictures": figures and figures.test.pictures,
        "validation_accuracy": figures and figures.validation.accuracy,
        "validation_loss": figures and figures.validation.loss,
        "backbone": choices.model.backbone,
        "trainable_part": choices.model.trainable_part,
        "optimiser": choices.optim.name,
        "learning_rate": choices.optim.learning_rate,
        "batch_size": choices.optim.batch_size,
        "epochs": figures and figures.training.epochs,
        "epochs_planned": choices.optim.epochs,
        "seed": choices.engine.seed,
        "folder": str(run.folder),
        "recipe": str(run.folder / RECIPE),
    }


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_plain_folder(path)) if folder.is_dir() else []


def _is_plain_folder(path: Path) -> bool:
    return not path.name.startswith(".") and not path.is_symlink() and path.is_dir()


def _read_run(folder: Path, name: str) -> Run:
    """Raises OSError, ValueError or a YAML error where the folder is no run, or a broken one."""
    recipe = folder / RECIPE
    if not recipe.is_file():
        raise ValueError(f"no {RECIPE}, so it is not a run, or one that ended before it began")
    content = yaml.load(recipe.read_text("utf-8"), Loader=RecipeLoader)  # noqa: S506 (a SafeLoader)
    choices = _check(RECIPE, Choices, content)
    if folder.name.endswith(UNFINISHED):
        last = max(path.stat().st_mtime for path in [folder, *folder.iterdir()])
        started = _read_stamp(folder) or _local(recipe.stat().st_mtime)
        return Run(folder, name, started, None, choices, None, _local(last), is_held(folder))
    times = _check(ENVIRONMENT, _Times, json.loads((folder / ENVIRONMENT).read_text("utf-8")))
    figures = _check(METRICS, Figures, json.loads((folder / METRICS).read_text("utf-8")))
    seconds = (times.finished - times.started).total_seconds()
    return Run(folder, name, times.started.astimezone(), seconds, choices, figures)


def _check(name: str, kind: type[Content], content: object) -> Content:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "the file"
        raise ValueError(f"{name}, {place}: {fault['msg']}") from error


def _read_stamp(folder: Path) -> datetime | None:
    """The local time in a run folder's name, which may end in a number: two runs of one second."""
    try:
        return datetime.strptime("_".join(folder.name.removesuffix(UNFINISHED).split("_")[:2]), STAMP).astimezone()
    except ValueError:
        return None


def _local(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp).astimezone()


def _describe(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{Path(error.filename).name if error.filename else 'a file'} cannot be read ({error.strerror})"
    if isinstance(error, json.JSONDecodeError):
        return f"a JSON file is broken (line {error.lineno})"
    if isinstance(error, UnicodeDecodeError):
        return "a file is not UTF-8 text"
    if isinstance(error, yaml.YAMLError):
        return f"{RECIPE} is not YAML"
    return str(error)
