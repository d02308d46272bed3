"""What is known of the model on the page: its own record, and what the run that it lies in measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vitrine.errors import UserError
from vitrine.models.hub_files import is_inside
from vitrine.predict.predictor import Predictor
from vitrine.records.environment import Environment
from vitrine.records.folder import DATA, ENVIRONMENT, METRICS, MODEL, RECIPE, REPORT
from vitrine.records.model import ModelMetadata
from vitrine.records.run import Metrics
from vitrine.records.schema import FileRecord
from vitrine.records.training_data import TrainingData

Kept = TypeVar("Kept", bound=FileRecord)


@dataclass(frozen=True)
class ModelFacts:
    """What can be told of a model; what is not known is None.

    Attributes:
        metadata: what its folder says of it.
        metrics: every figure of its run.
        data: what it learned from.
        environment: what it was made with.
        report: file of the report of its training.
    """

    metadata: ModelMetadata | None = None
    metrics: Metrics | None = None
    data: TrainingData | None = None
    environment: Environment | None = None
    report: Path | None = None


def read_facts(predictor: Predictor) -> ModelFacts:
    """Reads what lies in the folder of a model, and beside it where that is the run that made it.

    Nothing outside of the run is read: a file that is a link out of it counts as missing, and so does one that is
    damaged, or a run that speaks of another test.

    Args:
        predictor: the model.
    """
    metadata, folder = predictor.metadata, predictor.folder.resolve()
    run = folder.parent
    if metadata is None or folder.name != MODEL or not (run / RECIPE).is_file():
        return ModelFacts(metadata)
    metrics = _read(Metrics, run, METRICS)
    if metrics is None or not _is_of(metrics, metadata):
        return ModelFacts(metadata)
    return ModelFacts(
        metadata,
        metrics,
        _read(TrainingData, run, DATA),
        _read(Environment, run, ENVIRONMENT),
        run / REPORT if _is_own(run, REPORT) else None,
    )


def _read(kind: type[Kept], run: Path, name: str) -> Kept | None:
    if not _is_own(run, name):
        return None
    try:
        return kind.read(run / name)
    except UserError:
        return None


def _is_own(run: Path, name: str) -> bool:
    return is_inside(run, name) and (run / name).is_file()


def _is_of(metrics: Metrics, metadata: ModelMetadata) -> bool:
    """Whether figures are those of this model: a model may have been copied into another run."""
    same_classes = [row.label_name for row in metrics.test.per_class] == metadata.label_names
    return (
        same_classes
        and metrics.test.pictures == metadata.test_pictures
        and (metrics.test.accuracy == metadata.test_accuracy)
    )
