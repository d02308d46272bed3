"""Records with something in every field, for tests that write and read them, and what is wrong with a changed one."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vitrine.records.answers import Answers, AnswersPart, Asked
from vitrine.records.checksums import FileSum
from vitrine.records.comparison import ComparisonFigures
from vitrine.records.cost import Cost
from vitrine.records.environment import Environment
from vitrine.records.evaluation import Evaluation
from vitrine.records.evidence import ClassFigures, TestEvidence
from vitrine.records.gate import GateCheck, GateFindings, GateMargins, GateReport, Learned
from vitrine.records.mistakes import Mistakes
from vitrine.records.model import ModelMetadata
from vitrine.records.prepared import PreparedFacts
from vitrine.records.revisions import Revision, RevisionLog
from vitrine.records.run import Metrics, TrainingFigures, ValidationFigures
from vitrine.records.runtime import RuntimeChoice
from vitrine.records.schema import FileRecord, Record
from vitrine.records.search import SearchResult
from vitrine.records.training_data import TrainingData

GOLDEN = Path(__file__).parents[1] / "golden"
RUN = GOLDEN / "runs/colours/2026-11-28_15-16-41"

SPLIT_COUNTS = {"train": 5, "validation": 2, "test": 2}
START = datetime.fromisoformat("2026-11-21T09:41:07+00:00")


def make_test_evidence(accuracy: float = 0.9, loss: float = 0.3, pictures: int = 100) -> TestEvidence:
    """Two classes; the interval reaches 0.05 below the accuracy."""
    interval = (accuracy - 0.05, accuracy)
    row = ClassFigures(
        label_name="cat",
        pictures=pictures,
        answers=0,
        precision=0,
        precision_interval=None,
        recall=accuracy,
        recall_interval=interval,
        f1=0.5,
        f1_interval=interval,
        auc=None,
        auc_interval=None,
        average_precision=None,
        average_precision_interval=None,
    )
    return TestEvidence(
        pictures=pictures,
        accuracy=accuracy,
        accuracy_interval=interval,
        top_k=2,
        top_k_accuracy=1,
        balanced_accuracy=accuracy,
        macro_precision=0.8,
        macro_recall=accuracy,
        macro_f1=0.8,
        cohen_kappa=-0.1,
        matthews_correlation=0.1,
        macro_auc=None,
        macro_average_precision=None,
        loss=loss,
        brier_score=0.2,
        per_class=[row, row.model_copy(update={"label_name": "naïve “dog”"})],
        confusion_matrix=[[1, 2], [3, 4]],
        target=None,
        duplicates=None,
        intervals={"loss": (0.1, 0.4), "macro_auc": None},
        resamples=1000,
        seed=0,
    )


def make_metrics(
    accuracy: float = 0.9, loss: float = 0.3, seconds: float = 90, mistakes: Mistakes | None = None
) -> Metrics:
    """Of a run of seven epochs."""
    training = TrainingFigures(
        backbone="small_cnn",
        trainable_part="all",
        parameters=1000,
        trainable_parameters=1000,
        pictures=400,
        precision="fp32",
        seed=0,
        epochs_planned=10,
        seconds=seconds,
        epochs=7,
        stopped_early=True,
        images_per_second=321.4,
    )
    validation = ValidationFigures(pictures=50, accuracy=0.8, loss=0.5, best_epoch=3, monitor="calibrated_loss")
    return Metrics(test=make_test_evidence(accuracy, loss), mistakes=mistakes, validation=validation, training=training)


def make_gate_report(**changes: Any) -> GateReport:
    """Of a retraining that was refused for one of two questions."""
    asked = {"figure": "class", "pictures": 40, "current": 0.9, "candidate": 0.4, "worse_by": 0.5, "margin": 0.1}
    broken = GateCheck(**asked, label_name="naïve “dog”", at_least=0.3, at_most=0.6, outcome="broken")
    slow = GateCheck(
        figure="latency", pictures=40, current=9.5, candidate=9.0, worse_by=0.95, margin=1.5, outcome="holds"
    )
    findings = GateFindings(verdict="refused", checks=(broken, slow), difference=None, unchanged=False)
    values = {
        "name": "pets",
        "created": START.isoformat(),
        "revision": 1,
        "corrections": "corrections.csv",
        "dataset_version": "0123456789ab",
        "margins": GateMargins(),
        "learned": Learned(relabeled=3, training_pictures=(100, 100)),
        "findings": findings,
        "test_readings": 1,
    }
    return GateReport(**{**values, **changes})


def make_training_data(**changes: Any) -> TrainingData:
    """Two classes of 9 pictures each."""
    counts = {split: dict.fromkeys(("cat", "naïve “dog”"), count) for split, count in SPLIT_COUNTS.items()}
    values = {"name": "pets", "source": "pets", "version": "0123456789ab", "manifest_sha256": "a" * 64, "split_seed": 0}
    return TrainingData(**{**values, "counts": counts, **changes})


def make_environment(started: datetime = START, seconds: float = 95) -> Environment:
    """Of a run that took so long."""
    return Environment(
        vitrine="0.1.0",
        python="3.11.2",
        platform="Linux",
        device="CPU, 2 threads",
        versions={"torch": "2.15.0"},
        commit=None,
        started=started.isoformat(),
        finished=(started + timedelta(seconds=seconds)).isoformat(),
    )


ASKED = Asked(model="runs/dogs/latest/model", digest="a" * 16, runtime="torch", top_k=3)

EXAMPLES: Mapping[type[FileRecord], Callable[[], FileRecord]] = {
    Answers: lambda: Answers(
        asked=ASKED,
        files=3,
        problems=1,
        parts=(
            AnswersPart(
                file="parts/000000-x.parquet", files=3, problems=1, content=FileSum(size_bytes=9, sha256="b" * 64)
            ),
        ),
    ),
    Asked: lambda: ASKED,
    ComparisonFigures: lambda: ComparisonFigures.read(GOLDEN / "runs/compare/comparison.json"),
    Cost: lambda: Cost(identity="a" * 64, variant="plain", seed=1, fold=None, seconds=1.5),
    Environment: make_environment,
    Evaluation: lambda: Evaluation.read(GOLDEN / "evaluation.json"),
    Metrics: make_metrics,
    GateReport: make_gate_report,
    ModelMetadata: lambda: ModelMetadata.read(RUN / "model/vitrine.json"),
    PreparedFacts: lambda: PreparedFacts.read(GOLDEN / "prepared/colours/prepared.json"),
    RevisionLog: lambda: RevisionLog(
        name="dogs",
        in_use=1,
        revisions=(Revision(number=1, created=START.isoformat(), run="runs/dogs/one", files={}, test_accuracy=0.9),),
        test_readings=1,
    ),
    RuntimeChoice: lambda: RuntimeChoice(
        machine="m",
        chosen="onnxruntime",
        seconds={"torch": 0.5, "onnxruntime": 0.2},
        left_out={"openvino": "no"},
    ),
    SearchResult: lambda: SearchResult.read(GOLDEN / "runs/search/search/search.json"),
    TrainingData: make_training_data,
}


def faults_of(record: Record, **changes: Any) -> dict[str, str]:
    """What a record that is read with other values is refused for: place to kind of fault."""
    with pytest.raises(ValidationError) as caught:
        type(record).model_validate(record.model_dump(mode="json") | changes)
    return {".".join(map(str, fault["loc"])): fault["type"] for fault in caught.value.errors()}
