"""The metrics of a classifier as one `evaluate.Metric`: nothing is downloaded, scikit-learn computes."""

import tempfile
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

ROWS_AT_ONCE = 10_000  # that are sorted, or made objects of Python by `evaluate`
CITATION = "Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12 (2011)"


class ClassifierMetrics(evaluate.Metric):  # type: ignore[misc]  # evaluate ships no types
    """All figures of one set of answers.

    Takes as `predictions` the likeliest label ids `[pictures]`, as `references` the true ones `[pictures]`, and besides
    `label_names`, in the order of the label ids.
    """

    def _info(self) -> evaluate.MetricInfo:
        purpose = (type(self).__doc__ or "").strip()
        features = datasets.Features(predictions=datasets.Value("int64"), references=datasets.Value("int64"))
        return evaluate.MetricInfo(
            description=purpose, citation=CITATION, inputs_description=purpose, features=features, format="numpy"
        )

    def _compute(
        self, predictions: npt.NDArray[np.int64], references: npt.NDArray[np.int64], label_names: Sequence[str]
    ) -> dict[str, Any]:
        return {
            "accuracy": float(accuracy_score(references, predictions)),
            **_macro_scores(predictions, references),
            "cohen_kappa": _cohen_kappa(predictions, references),
            "per_class": _per_class(predictions, references, label_names),
            "confusion_matrix": confusion_matrix(references, predictions, labels=range(len(label_names))).tolist(),
        }


def _top_k_accuracy(probabilities: npt.NDArray[np.float64], label_ids: npt.NDArray[np.int64], k: int) -> float:
    """Share of pictures whose class is among the k likeliest."""
    num_labels = probabilities.shape[1]
    if k >= num_labels:  # scikit-learn warns here; the answer is certain
        return 1.0
    if num_labels == 2:  # scikit-learn expects one column for two classes, and the second one is likelier from 0.5 on
        probabilities = probabilities[:, 1:]
    found = 0
    for start in range(0, len(label_ids), ROWS_AT_ONCE):
        scores, own = probabilities[start : start + ROWS_AT_ONCE], label_ids[start : start + ROWS_AT_ONCE]
        scores = scores.ravel() if num_labels == 2 else scores
        found += round(top_k_accuracy_score(own, scores, k=k, labels=range(num_labels), normalize=False))
    return found / len(label_ids)


def _macro_scores(predicted: npt.NDArray[np.int64], label_ids: npt.NDArray[np.int64]) -> dict[str, float]:
    """Precision, recall and F1, each the plain mean over the classes that occur.

    A class that is never predicted has precision 0. A class without test pictures says nothing and is left out.
    """
    precision, recall, f1, _ = precision_recall_fscore_support(
        label_ids, predicted, labels=np.unique(label_ids), average="macro", zero_division=0
    )
    return {"macro_precision": float(precision), "macro_recall": float(recall), "macro_f1": float(f1)}


def _cohen_kappa(predicted: npt.NDArray[np.int64], label_ids: npt.NDArray[np.int64]) -> float:
    """Agreement beyond chance (Cohen 1960): 0 for guessing by class frequency, 1 for no mistake.

    Where only one class occurs in both, chance alone explains full agreement, and kappa is 0 by convention.
    """
    if len({*predicted.tolist(), *label_ids.tolist()}) == 1:
        return 0.0
    return float(cohen_kappa_score(label_ids, predicted))


def _per_class(
    predicted: npt.NDArray[np.int64], label_ids: npt.NDArray[np.int64], label_names: Sequence[str]
) -> list[dict[str, Any]]:
    """Precision, recall, F1 and number of pictures of each class."""
    columns = precision_recall_fscore_support(label_ids, predicted, labels=range(len(label_names)), zero_division=0)
    return [
        {"label_name": name, "precision": float(p), "recall": float(r), "f1": float(f1), "pictures": int(n)}
        for name, p, r, f1, n in zip(label_names, *columns, strict=True)
    ]


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
    k = min(top_k, len(label_names))
    answers = probabilities.argmax(axis=1)
    # It makes a folder all the same, in the home of a user who may have none that can be written to.
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        metrics = ClassifierMetrics(keep_in_memory=True, cache_dir=folder)
        for start in range(0, max(len(answers), len(label_ids)), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            metrics.add_batch(predictions=answers[rows], references=label_ids[rows])
        figures: dict[str, Any] = metrics.compute(label_names=list(label_names))
    return {**figures, "top_k": k, "top_k_accuracy": _top_k_accuracy(probabilities, label_ids, k)}
