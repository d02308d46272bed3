"""Evidence of a run for cards: that of the golden run, and what runs of other kinds would have measured."""

from pathlib import Path
from typing import Any

from vitrine.records.evidence import ClassFigures
from vitrine.records.mistakes import Pair, Slice, TopLoss
from vitrine.records.run import Speed
from vitrine.ship.run_evidence import RunEvidence

GOLDEN_RUN = Path("runs/colours/2026-11-28_15-16-41")
MANY = 60


def pretrained(golden: RunEvidence) -> RunEvidence:
    """All of a ResNet-18 was trained; two test pictures are mixed up, and small ones are harder."""
    red, green = golden.metadata.label_names[1:]
    mistakes = golden.metrics.mistakes.model_copy(
        update={
            "pairs": (
                Pair(
                    first=red, second=green, first_as_second=1, second_as_first=0, first_pictures=6, second_pictures=6
                ),
            ),
            "top_losses": (
                TopLoss(
                    file="red/003.png", label_name=red, predicted=green, probability=0.81, own_probability=0.1, loss=2.3
                ),
                TopLoss(
                    file="/srv/secret/red/004.png", label_name=red, predicted=green, probability=0.6,
                    own_probability=0.3, loss=1.2,
                ),
                TopLoss(
                    file="red/005.png", label_name=red, predicted=red, probability=0.9, own_probability=0.9, loss=0.1
                ),
            ),
            "slices": (
                Slice(
                    name="small", limit=40.0, pictures=4, right=2, accuracy=0.5, interval=(0.15, 0.85),
                    rest_pictures=14, rest_accuracy=1.0, difference=-0.5, p_value=0.03, is_weaker=True,
                ),
            ),
        }
    )  # fmt: skip
    rejection = golden.metrics.rejection.model_copy(
        update={
            "confidence_threshold": 0.8, "why_never": None, "validation_coverage": 0.9, "coverage": 0.9,
            "accuracy_answered": 0.96, "accuracy_answered_interval": (0.8, 0.99),
        }
    )  # fmt: skip
    metrics = golden.metrics.model_copy(
        update={
            "mistakes": mistakes,
            "rejection": rejection,
            "speed": Speed(milliseconds=31.25, answers=7, device="CPU"),
        }
    )
    return of_backbone(golden, "resnet18", metrics=metrics)


def head_only(golden: RunEvidence) -> RunEvidence:
    """The head of a network of the Hub, on pictures of the Hub; without calibration and thresholds."""
    source = "hub:ann/colours"
    metrics = golden.metrics.model_copy(update={"calibration": None, "rejection": None, "mistakes": None})
    data = golden.data.model_copy(update={"source": source})
    return of_backbone(golden, "microsoft/resnet-18", "head", metrics=metrics, data=data)


def many_classes(golden: RunEvidence) -> RunEvidence:
    """More classes than a table shows; the last of them was not tested."""
    names = [f"class {number:02d}" for number in range(MANY)]
    row = golden.metrics.test.per_class[0]
    rows = [
        row.model_copy(update={"label_name": name, "recall": 1 - number / 100}) for number, name in enumerate(names)
    ]
    rows[-1] = _untested(rows[-1])
    matrix = [[6 * (row == column) for column in range(MANY)] for row in range(MANY - 1)] + [[0] * MANY]
    pictures = 6 * (MANY - 1)
    changes = {"per_class": rows, "confusion_matrix": matrix, "pictures": pictures, "duplicates": None, "intervals": {}}
    test = golden.metrics.test.model_copy(update=changes)
    counts = {split: dict.fromkeys(names, count) for split, count in {"train": 12, "validation": 6, "test": 6}.items()}
    return RunEvidence(
        golden.metadata.model_copy(update={"label_names": names}),
        golden.metrics.model_copy(update={"test": test, "mistakes": None}),
        golden.environment,
        golden.data.model_copy(update={"counts": counts}),
        golden.own_code,
    )


def of_backbone(golden: RunEvidence, backbone: str, part: str = "all", **changes: Any) -> RunEvidence:
    """The same as if it had started from weights."""
    metrics = changes.pop("metrics", golden.metrics)
    training = metrics.training.model_copy(update={"backbone": backbone, "trainable_part": part})
    return RunEvidence(
        metadata=golden.metadata,
        metrics=metrics.model_copy(update={"training": training}),
        environment=golden.environment,
        data=changes.pop("data", golden.data),
        own_code=False,
    )


def _untested(row: ClassFigures) -> ClassFigures:
    none = {f"{name}_interval": None for name in ("precision", "recall", "f1")}
    return row.model_copy(update={"pictures": 0, "answers": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0, **none})
