"""What a finished training left in its run folder, read back and held against each other before anything is shown."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from vitrine.config.training import Monitor
from vitrine.errors import UserError
from vitrine.records.calibration import Calibration
from vitrine.records.environment import Environment
from vitrine.records.evidence import TestEvidence
from vitrine.records.folder import ENVIRONMENT, HISTORY, METRICS, MODEL, PREDICTIONS, RECIPE
from vitrine.records.learning_curve import LearningCurve
from vitrine.records.mistakes import Mistakes
from vitrine.records.schema import Count, FileRecord, Record, Share
from vitrine.records.selective import Rejection
from vitrine.records.spreadsheet import read_guarded_csv

HISTORY_COLUMNS = ["epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
TEXT_COLUMNS = ("file", "label_name", "predicted")
REWRITE = "train again, or restore the file that training wrote"


class ValidationFigures(Record):
    """The pictures that chose the kept epoch, and by what; None in runs that do not say it."""

    pictures: Count
    accuracy: Share
    loss: float
    best_epoch: Count
    monitor: Monitor | None = None


class TrainingFigures(Record):
    """How the training went; what is None was not written down by early versions.

    Attributes:
        backbone: of the network.
        trainable_part: of it.
        parameters: of the network.
        trainable_parameters: of these, those that were trained at last.
        pictures: for training.
        precision: in which the network was computed.
        device: processor or GPU, in words.
        processes: that trained together.
        seed: of weights, order and augmentation.
        epochs_planned: as the recipe says.
        learning_rate: the highest; likewise.
        augmentation: whether pictures were changed at random.
        feature_views: of each picture, where a head was trained on features that were computed once; else 0.
        feature_seconds: of looking once at the training pictures, all views, where a head was trained on features that
            were computed once, whichever run of a comparison computed them.
        validation_feature_seconds: of looking once at the validation pictures, likewise.
        head_first_accuracy: on validation pictures, of the head alone, before all or the last stages were trained, too.
        refitted: whether the head was fitted once more in the end, on training and validation pictures together.
        batch_size: pictures per step on each device.
        data_wait_share: share of the time that the device waited for pictures, median over the epochs.
        out_of_time: whether a time budget ended the training.
        seconds: of the training, those before an interruption included.
        epochs: that were trained.
        stopped_early: whether the monitor ended the training.
        images_per_second: in training, over all epochs.
    """

    backbone: str
    trainable_part: str
    parameters: Count
    trainable_parameters: Count
    pictures: Count
    precision: str
    device: str | None = None
    processes: Count | None = None
    seed: int
    epochs_planned: int
    learning_rate: float | None = None
    augmentation: bool | None = None
    feature_views: Count | None = None
    feature_seconds: float | None = None
    validation_feature_seconds: float | None = None
    head_first_accuracy: Share | None = None
    refitted: bool = False
    batch_size: Count | None = None
    data_wait_share: float | None = None
    out_of_time: bool | None = None
    seconds: float
    epochs: int
    stopped_early: bool
    images_per_second: float


class Speed(Record):
    """How long an answer takes, from the decoded picture to the decision, one picture after another.

    Attributes:
        milliseconds: median of the answers.
        answers: that were timed.
        device: processor or GPU, in words.
    """

    milliseconds: float
    answers: Count
    device: str


class Metrics(FileRecord):
    """The content of metrics.json; a section that was not measured is None."""

    title = "the figures of a run"
    remedy = REWRITE

    test: TestEvidence
    calibration: Calibration | None = None
    rejection: Rejection | None = None
    mistakes: Mistakes | None = None
    learning_curve: LearningCurve | None = None
    validation: ValidationFigures
    training: TrainingFigures
    speed: Speed | None = None


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
        metrics=Metrics.read(run_folder / METRICS),
        environment=Environment.read(run_folder / ENVIRONMENT),
        history=_read_table(run_folder / HISTORY, HISTORY_COLUMNS),
        predictions=_read_table(run_folder / PREDICTIONS, [*TEXT_COLUMNS, "correct", "probability"]),
        recipe=(run_folder / RECIPE).read_text(encoding="utf-8"),
        own_code=brings_code(run_folder / MODEL),
    )
    _check_agreement(records, label_names, run_folder)
    return records


def brings_code(model_folder: Path) -> bool:
    """Whether the network or the preparation is our own class, whose code lies in the folder."""
    files = [model_folder / name for name in ("config.json", "preprocessor_config.json")]
    return any("auto_map" in json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists())


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    table = read_guarded_csv(path, TEXT_COLUMNS)
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
    rows = test.confusion_matrix
    widths = {len(test.per_class)} if rows is None else {len(row) for row in rows} | {len(rows)}
    matrix_pictures = sum(count for *_, count in test.confusions or ()) if rows is None else sum(map(sum, rows))
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
