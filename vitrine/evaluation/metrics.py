"""Metrics as `evaluate.Metric` classes: nothing is downloaded, scikit-learn computes.

Every metric takes `predictions` and `references` of the same length. All but top-k accuracy take label ids.
"""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

CITATION = "Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12 (2011)"


class LabelMetric(evaluate.Metric):  # type: ignore[misc]  # evaluate ships no types
    """What the metrics of label ids share: the form of their inputs."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(predictions=datasets.Value("int64"), references=datasets.Value("int64"))
        return _describe(self, features)


class Accuracy(LabelMetric):
    """Share of right answers."""

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, float]:
        return {"accuracy": float(accuracy_score(references, predictions))}


class MacroScores(LabelMetric):
    """Precision, recall and F1, each the plain mean over the classes that occur in `references`.

    A class that is never predicted has precision 0. A class without test pictures says nothing and is left out.
    """

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, float]:
        present = np.unique(references)
        precision, recall, f1, _ = precision_recall_fscore_support(
            references, predictions, labels=present, average="macro", zero_division=0
        )
        return {"macro_precision": float(precision), "macro_recall": float(recall), "macro_f1": float(f1)}


class CohenKappa(LabelMetric):
    """Agreement beyond chance (Cohen 1960): 0 for guessing by class frequency, 1 for no mistake.

    Where only one class occurs in both, chance alone explains full agreement, and kappa is 0 by convention.
    """

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, float]:
        if len(set(predictions) | set(references)) == 1:
            return {"cohen_kappa": 0.0}
        return {"cohen_kappa": float(cohen_kappa_score(references, predictions))}


class PerClassReport(LabelMetric):
    """Precision, recall, F1 and number of pictures of each class."""

    def _compute(
        self, predictions: Sequence[int], references: Sequence[int], label_names: Sequence[str]
    ) -> dict[str, list[dict[str, Any]]]:
        columns = precision_recall_fscore_support(
            references, predictions, labels=range(len(label_names)), zero_division=0
        )
        rows = [
            {"label_name": name, "precision": float(p), "recall": float(r), "f1": float(f1), "pictures": int(n)}
            for name, p, r, f1, n in zip(label_names, *columns, strict=True)
        ]
        return {"per_class": rows}


class ConfusionMatrix(LabelMetric):
    """Counts: rows are the true classes, columns the predicted ones."""

    def _compute(
        self, predictions: Sequence[int], references: Sequence[int], num_labels: int
    ) -> dict[str, list[list[int]]]:
        return {"confusion_matrix": confusion_matrix(references, predictions, labels=range(num_labels)).tolist()}


class TopKAccuracy(evaluate.Metric):  # type: ignore[misc]
    """Share of pictures whose class is among the k likeliest; takes probabilities `[pictures, num_labels]`."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            predictions=datasets.Sequence(datasets.Value("float64")), references=datasets.Value("int64")
        )
        return _describe(self, features)

    def _compute(self, predictions: Sequence[Sequence[float]], references: Sequence[int], k: int) -> dict[str, float]:
        probabilities = np.asarray(predictions)
        num_labels = probabilities.shape[1]
        if k >= num_labels:  # scikit-learn warns here; the answer is certain
            return {"top_k_accuracy": 1.0}
        if num_labels == 2:  # scikit-learn expects one column for two classes
            probabilities = probabilities[:, 1] - probabilities[:, 0]
        score = top_k_accuracy_score(references, probabilities, k=k, labels=range(num_labels))
        return {"top_k_accuracy": float(score)}


def compute_metrics(
    probabilities: npt.NDArray[np.float64], label_ids: npt.NDArray[np.int64], label_names: Sequence[str], top_k: int
) -> dict[str, Any]:
    """All metrics of one set of predictions.

    Args:
        probabilities: `[pictures, num_labels]`.
        label_ids: true classes, `[pictures]`.
        label_names: class names in the order of the label ids.
        top_k: for the top-k accuracy; at most the number of classes counts.
    """
    predicted = probabilities.argmax(axis=1)
    k = min(top_k, len(label_names))
    return {
        **_compute(Accuracy(keep_in_memory=True), predicted, label_ids),
        "top_k": k,
        **_compute(TopKAccuracy(keep_in_memory=True), probabilities, label_ids, k=k),
        **_compute(MacroScores(keep_in_memory=True), predicted, label_ids),
        **_compute(CohenKappa(keep_in_memory=True), predicted, label_ids),
        **_compute(PerClassReport(keep_in_memory=True), predicted, label_ids, label_names=list(label_names)),
        **_compute(ConfusionMatrix(keep_in_memory=True), predicted, label_ids, num_labels=len(label_names)),
    }


def _compute(
    metric: evaluate.Metric, predictions: npt.NDArray[Any], references: npt.NDArray[np.int64], **options: Any
) -> dict[str, Any]:
    result: dict[str, Any] = metric.compute(predictions=predictions, references=references, **options)
    return result


def _describe(metric: evaluate.Metric, features: datasets.Features) -> evaluate.MetricInfo:
    purpose = (type(metric).__doc__ or "").strip()
    return evaluate.MetricInfo(description=purpose, citation=CITATION, inputs_description=purpose, features=features)
