"""The only place that reads the test split: the saved model, as others will load it, in float32."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.metrics import log_loss

from vitrine.data.loaders import build_evaluation_loader
from vitrine.data.prepared import PreparedDataset
from vitrine.data.split import TEST
from vitrine.evaluation.metrics import compute_metrics
from vitrine.evaluation.uncertainty import wilson_interval
from vitrine.models.backbones import place
from vitrine.models.model_folder import load_model, normalise_squares


def evaluate_on_test(
    model_folder: Path, prepared: PreparedDataset, top_k: int, batch_size: int, device: torch.device
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Measures a finished model.

    Returns:
        The section `test` of `metrics.json`, and the table of `predictions.csv`.
    """
    split = prepared.splits[TEST]
    probabilities = _predict(model_folder, prepared, batch_size, device)
    label_ids = np.asarray(split["label"], dtype=np.int64)
    metrics = compute_metrics(probabilities, label_ids, prepared.label_names, top_k)
    right = int((probabilities.argmax(axis=1) == label_ids).sum())
    num_labels = len(prepared.label_names)
    metrics = {
        "pictures": len(label_ids),
        "accuracy_interval": wilson_interval(right, len(label_ids)),
        "loss": float(log_loss(label_ids, probabilities, labels=range(num_labels))),
        **metrics,
    }
    table = tabulate_predictions(split["file"], label_ids, probabilities, prepared.label_names, metrics["top_k"])
    return metrics, table


def tabulate_predictions(
    files: Sequence[str],
    label_ids: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    label_names: Sequence[str],
    top_k: int,
) -> pd.DataFrame:
    """One row per picture: file, label_name, predicted, correct, probability, then the k likeliest with theirs."""
    names = np.asarray(label_names, dtype=object)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :top_k]
    chosen = np.take_along_axis(probabilities, order, axis=1)
    columns: dict[str, Any] = {
        "file": list(files),
        "label_name": names[label_ids],
        "predicted": names[order[:, 0]],
        "correct": order[:, 0] == label_ids,
        "probability": chosen[:, 0],
    }
    for rank in range(order.shape[1]):
        columns |= {f"label_{rank + 1}": names[order[:, rank]], f"probability_{rank + 1}": chosen[:, rank]}
    return pd.DataFrame(columns)


@torch.inference_mode()
def _predict(
    model_folder: Path, prepared: PreparedDataset, batch_size: int, device: torch.device
) -> npt.NDArray[np.float64]:
    model, processor, _, _ = load_model(str(model_folder))
    model = place(model, device)
    rows = []
    for batch in build_evaluation_loader(prepared.splits[TEST], batch_size, workers=0):
        # The stored squares are what the processor's steps and resizing give; the rest of it follows here.
        pixel_values = normalise_squares(processor, batch["pixels"])
        pixel_values = pixel_values.to(device, memory_format=torch.channels_last)
        rows.append(model(pixel_values=pixel_values).logits.double().softmax(dim=-1).cpu().numpy())
    return np.concatenate(rows)
