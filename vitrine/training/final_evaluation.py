"""The only place that reads the test split: the saved model, as others will load it, in float32."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.data.loading.loaders import build_evaluation_loader
from vitrine.data.manifest.split import TEST
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import find_test_duplicates
from vitrine.evaluation.probability_scores import log_losses
from vitrine.evaluation.selective import Judged
from vitrine.evaluation.temperature import check_scores
from vitrine.evaluation.test_metrics import measure_test
from vitrine.models.calibration.selective import decide, describe
from vitrine.predict.predictor import Predictor
from vitrine.records.evidence import TestEvidence
from vitrine.records.model import Trust


@dataclass(frozen=True)
class FinalEvaluation:
    """What the test split says of a model.

    Attributes:
        evidence: the section `test` of metrics.json.
        table: of predictions.csv.
        logits: calibrated, float32 `[pictures, num_labels]`.
        judged: its probabilities, for what else is measured on them.
    """

    evidence: TestEvidence
    table: pd.DataFrame
    logits: npt.NDArray[np.float32]
    judged: Judged


def evaluate_on_test(
    model_folder: Path, prepared: PreparedDataset, top_k: int, batch_size: int, seed: int = 0
) -> FinalEvaluation:
    """Measures a finished model.

    Args:
        model_folder: as it is saved.
        prepared: its data set.
        top_k: for the top-k accuracy, and classes in the table.
        batch_size: pictures.
        seed: of the intervals.

    Raises:
        UserError: the model's answers are no numbers.
    """
    predictor = Predictor.load(str(model_folder))
    split = prepared.splits[TEST]
    logits, judged = judge_split(predictor, split, batch_size)
    names = prepared.label_names
    target = prepared.facts.settings.labels.target
    evidence = measure_test(
        judged.probabilities,
        judged.label_ids,
        names,
        top_k,
        target=target if target in names else None,
        has_duplicate=find_test_duplicates(prepared),
        seed=seed,
    )
    table = tabulate_predictions(split["file"], judged, names, evidence.top_k, predictor.trust)
    return FinalEvaluation(evidence, table, logits, judged)


def judge_split(
    predictor: Predictor, split: datasets.Dataset, batch_size: int
) -> tuple[npt.NDArray[np.float32], Judged]:
    """A model's calibrated logits for the squares of a split, and what follows from them.

    Raises:
        UserError: they are no numbers.
    """
    outputs = [
        predictor.measure_preprocessed(batch["pixels"])
        for batch in build_evaluation_loader(split, batch_size, workers=0)
    ]
    logits = np.concatenate([output.logits for output in outputs])
    scores, label_ids = check_scores(logits, split["label"])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    similarity = [output.similarity for output in outputs if output.similarity is not None]
    return logits, Judged(
        probabilities=powers / powers.sum(axis=1, keepdims=True),
        label_ids=label_ids,
        similarity=np.concatenate(similarity) if similarity else None,
    )


def tabulate_predictions(
    files: Sequence[str], judged: Judged, label_names: Sequence[str], top_k: int, trust: Trust | None = None
) -> pd.DataFrame:
    """One row per picture.

    Its file, label_name, predicted, correct and probability, the k likeliest classes with theirs, then the decision in
    words, the familiarity (empty where it is not measured) and the log loss in nats.
    """
    names = np.asarray(label_names, dtype=object)
    order = np.argsort(-judged.probabilities, axis=1, kind="stable")[:, :top_k]
    chosen = np.take_along_axis(judged.probabilities, order, axis=1)
    columns: dict[str, Any] = {
        "file": list(files),
        "label_name": names[judged.label_ids],
        "predicted": names[order[:, 0]],
        "correct": order[:, 0] == judged.label_ids,
        "probability": chosen[:, 0],
    }
    for rank in range(order.shape[1]):
        columns |= {f"label_{rank + 1}": names[order[:, rank]], f"probability_{rank + 1}": chosen[:, rank]}
    similarity = [None] * len(order) if judged.similarity is None else judged.similarity.tolist()
    columns |= {
        "decision": [
            describe(decide(row, label_names, trust, value))
            for row, value in zip(judged.probabilities, similarity, strict=True)
        ],
        "familiarity": similarity,
        "loss": log_losses(judged.probabilities, judged.label_ids),
    }
    return pd.DataFrame(columns)
