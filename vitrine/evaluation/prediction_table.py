"""What a model says of pictures as a table: all of it, as predictions.csv has it, or the columns that pages need."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from vitrine.evaluation.probability_scores import log_losses
from vitrine.models.calibration.blocks import by_blocks
from vitrine.models.calibration.selective import describe
from vitrine.predict.predictions import Predictions
from vitrine.records.spreadsheet import ROWS_AT_ONCE


def summarize_predictions(predictions: Predictions) -> pd.DataFrame:
    """The first columns of `tabulate_predictions`, from file to probability, in 40 bytes a picture.

    Columns label_name and predicted are categorical; the true labels must be known.
    """
    kind = pd.CategoricalDtype(list(predictions.label_names))
    answers = predictions.probabilities.argmax(axis=1)
    label_ids = predictions.true_label_ids
    return pd.DataFrame(
        {
            "file": list(predictions.ids),
            "label_name": pd.Categorical.from_codes(label_ids, dtype=kind),
            "predicted": pd.Categorical.from_codes(answers, dtype=kind),
            "correct": answers == label_ids,
            "probability": predictions.confidence,
        }
    )


def tabulate_in_parts(predictions: Predictions, top_k: int) -> Iterator[pd.DataFrame]:
    """The rows of `tabulate_predictions`, some thousand at a time; where there are none, one part without rows."""
    for start in range(0, max(1, len(predictions)), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(predictions)))
        yield tabulate_predictions(predictions.select(rows), top_k)


def tabulate_predictions(predictions: Predictions, top_k: int) -> pd.DataFrame:
    """One row per picture.

    Its file, label_name, predicted, correct and probability, the k likeliest classes with theirs, then the decision in
    words, the similarity in the column `familiarity` (empty where it is not measured) and the log loss in nats. Where
    the true labels are not known, label_name, correct and loss are left out.
    """
    names = np.asarray(predictions.label_names, dtype=object)
    order = by_blocks(lambda rows: np.argsort(-rows, axis=1, kind="stable")[:, :top_k], predictions.probabilities)
    chosen = np.take_along_axis(predictions.probabilities, order, axis=1)
    label_ids = predictions.label_ids
    columns: dict[str, Any] = {"file": list(predictions.ids)}
    if label_ids is not None:
        columns["label_name"] = names[label_ids]
    columns["predicted"] = names[order[:, 0]]
    if label_ids is not None:
        columns["correct"] = order[:, 0] == label_ids
    columns["probability"] = chosen[:, 0]
    for rank in range(order.shape[1]):
        columns |= {f"label_{rank + 1}": names[order[:, rank]], f"probability_{rank + 1}": chosen[:, rank]}
    similarities = predictions.similarities
    columns["decision"] = [describe(decision) for decision in predictions.decisions]
    columns["familiarity"] = [None] * len(order) if similarities is None else similarities.tolist()
    if label_ids is not None:
        columns["loss"] = log_losses(predictions.probabilities, label_ids)
    return pd.DataFrame(columns)
