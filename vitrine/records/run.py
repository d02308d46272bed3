"""What a finished training left in its run folder, read back and held against each other before anything is shown."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
from pandas.api.types import is_numeric_dtype
from pydantic import BaseModel, ValidationError

from vitrine.config.training import Monitor
from vitrine.errors import UserError
from vitrine.records.calibration import Calibration
from vitrine.records.evidence import TestEvidence
from vitrine.records.folder import ENVIRONMENT, HISTORY, METRICS, MODEL, PREDICTIONS, RECIPE
from vitrine.records.learning_curve import LearningCurve
from vitrine.records.mistakes import Mistakes
from vitrine.records.schema import Count, OpenRecord, Share
from vitrine.records.selective import Rejection

HISTORY_COLUMNS = ["epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
TEXT_COLUMNS = ["file", "label_name", "predicted"]
REWRITE = "train again, or restore the file that training wrote"


Content = TypeVar("Content", bound=BaseModel)


class ValidationFigures(OpenRecord):
    """The pictures that chose the kept epoch, and by what; None in runs that do not say it."""

    pictures: Count
    accuracy: Share
    loss: float
    best_epoch: int
    monitor: Monitor | None = None


class TrainingFigures(OpenRecord):
    """How the training went."""

    seconds: float
    epochs: int
    epochs_planned: int
    stopped_early: bool
    images_per_second: float
    pictures: Count
    parameters: Count
    trainable_parameters: Count
    precision: str
    seed: int
    backbone: str
    trainable_part: str


class Metrics(OpenRecord):
    """The content of metrics.json; a section that was not measured is None."""

    test: TestEvidence
    validation: ValidationFigures
    training: TrainingFigures
    calibration: Calibration | None = None
    rejection: Rejection | None = None
    mistakes: Mistakes | None = None
    learning_curve: LearningCurve | None = None


class Environment(OpenRecord):
    """The content of environment.json."""

    vitrine: str
    python: str
    platform: str
    device: str
    versions: dict[str, str]
    commit: str | None
    started: str
    finished: str


@dataclass(frozen=True)
class RunRecords:
    """Everything that the report shows of a run.

    Attributes:
        metrics: the figures.
        environment: versions, device, times.
        history: one row per epoch.
        predictions: one row per test picture.
        recipe: the resolved recipe as YAML text.
        own_code: whether the model folder brings Python code that `transformers` must be allowed to run.
    """

    metrics: Metrics
    environment: Environment
    history: pd.DataFrame
    predictions: pd.DataFrame
    recipe: str
    own_code: bool


def read_run(run_folder: Path, label_names: tuple[str, ...]) -> RunRecords:
    """Reads the records of a run and checks that they speak of the same test.

    Args:
        run_folder: holds recipe, environment, history, metrics, predictions and the model.
        label_names: of the data set, in the order of the label ids.

    Raises:
        UserError: a file or a value is missing, or two of them contradict each other.
    """
    for name in (RECIPE, ENVIRONMENT, HISTORY, METRICS, PREDICTIONS, f"{MODEL}/config.json"):
        if not (run_folder / name).is_file():
            raise UserError(f"{run_folder}: {name} is missing, so the run cannot be reported; {REWRITE}")
    records = RunRecords(
        metrics=_read_json(run_folder / METRICS, Metrics),
        environment=_read_json(run_folder / ENVIRONMENT, Environment),
        history=_read_table(run_folder / HISTORY, HISTORY_COLUMNS),
        predictions=_read_table(run_folder / PREDICTIONS, [*TEXT_COLUMNS, "correct", "probability"]),
        recipe=(run_folder / RECIPE).read_text(encoding="utf-8"),
        own_code=_brings_code(run_folder / MODEL),
    )
    _check_agreement(records, label_names, run_folder)
    return records


def _brings_code(model_folder: Path) -> bool:
    """Whether the network or the preparation is our own class, whose code lies in the folder."""
    files = [model_folder / name for name in ("config.json", "preprocessor_config.json")]
    return any("auto_map" in json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists())


def _read_json(path: Path, content: type[Content]) -> Content:
    try:
        return content.model_validate_json(path.read_bytes())
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}" for fault in error.errors()
        )
        raise UserError(f"{path}: {faults}; {REWRITE}") from error


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    # A class may be called "NA", "null" or "007": names are text, whatever they look like.
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, str), keep_default_na=False)
    if table.empty:
        raise UserError(f"{path}: it has no rows; {REWRITE}")
    for column in columns:
        if column not in table.columns:
            raise UserError(f"{path}: the column {column} is missing; {REWRITE}")
        if column not in TEXT_COLUMNS and not is_numeric_dtype(table[column]):  # true and false count as numbers
            raise UserError(f"{path}: the column {column} holds more than numbers; {REWRITE}")
    return table


def _check_agreement(records: RunRecords, label_names: tuple[str, ...], run_folder: Path) -> None:
    test, predictions = records.metrics.test, records.predictions
    matrix_pictures = sum(map(sum, test.confusion_matrix))
    widths = {len(row) for row in test.confusion_matrix} | {len(test.confusion_matrix)}
    best = records.metrics.validation.best_epoch
    faults = {
        "the classes of metrics.json are not those of the prepared data set": (
            tuple(row.label_name for row in test.per_class) != label_names
        ),
        f"the confusion matrix is not {len(label_names)} x {len(label_names)}": widths != {len(label_names)},
        f"test.pictures is {test.pictures}, but the confusion matrix holds {matrix_pictures}": (
            matrix_pictures != test.pictures
        ),
        f"test.pictures is {test.pictures}, but {PREDICTIONS} has {len(predictions)} rows": (
            len(predictions) != test.pictures
        ),
        f"test.accuracy is {test.accuracy}, but {PREDICTIONS} gives {predictions['correct'].mean()}": (
            abs(predictions["correct"].mean() - test.accuracy) > 1e-6
        ),
        f"validation.best_epoch is {best}, which {HISTORY} does not have": (best not in set(records.history["epoch"])),
    }
    for fault, is_there in faults.items():
        if is_there:
            raise UserError(f"{run_folder}: {fault}; {REWRITE}")
