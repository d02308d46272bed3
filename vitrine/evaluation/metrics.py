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

CITATION = "Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12 (2011)"


class ClassifierMetrics(evaluate.Metric):  # type: ignore[misc]  # evaluate ships no types
    """All figures of one set of predictions.

    Takes as `predictions` probabilities `[pictures, num_labels]`, as `references` the label ids `[pictures]`, and
    besides `label_names`, in the order of the label ids, and `top_k`, of which at most the number of classes counts.
    """

    def _info(self) -> evaluate.MetricInfo:
        purpose = (type(self).__doc__ or "").strip()
        features = datasets.Features(
            predictions=datasets.Sequence(datasets.Value("float64")), references=datasets.Value("int64")
        )
        return evaluate.MetricInfo(
            description=purpose, citation=CITATION, inputs_description=purpose, features=features
        )

    def _compute(
        self,
        predictions: Sequence[Sequence[float]],
        references: Sequence[int],
        label_names: Sequence[str],
        top_k: int,
    ) -> dict[str, Any]:
        probabilities, label_ids = np.asarray(predictions), np.asarray(references)
        predicted = probabilities.argmax(axis=1)
        k = min(top_k, len(label_names))
        return {
            "accuracy": float(accuracy_score(label_ids, predicted)),
            "top_k": k,
            "top_k_accuracy": _top_k_accuracy(probabilities, label_ids, k),
            **_macro_scores(predicted, label_ids),
            "cohen_kappa": _cohen_kappa(predicted, label_ids),
            "per_class": _per_class(predicted, label_ids, label_names),
            "confusion_matrix": confusion_matrix(label_ids, predicted, labels=range(len(label_names))).tolist(),
        }


def _top_k_accuracy(probabilities: npt.NDArray[np.float64], label_ids: npt.NDArray[np.int64], k: int) -> float:
    """Share of pictures whose class is among the k likeliest."""
    num_labels = probabilities.shape[1]
    if k >= num_labels:  # scikit-learn warns here; the answer is certain
        return 1.0
    if num_labels == 2:  # scikit-learn expects one column for two classes, and the second one is likelier from 0.5 on
        probabilities = probabilities[:, 1]
    return float(top_k_accuracy_score(label_ids, probabilities, k=k, labels=range(num_labels)))


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
    # It makes a folder all the same, in the home of a user who may have none that can be written to.
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        metrics = ClassifierMetrics(keep_in_memory=True, cache_dir=folder)
        figures: dict[str, Any] = metrics.compute(
            predictions=probabilities, references=label_ids, label_names=list(label_names), top_k=top_k
        )
    return figures
