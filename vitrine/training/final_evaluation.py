"""The only place that reads the test split: the saved model, as others will load it, in float32."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from vitrine.data.loading.labeled import list_images
from vitrine.data.manifest.split_names import TEST
from vitrine.data.prepared.columns import read_column
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.data.prepared.groups import find_test_duplicates, find_test_series
from vitrine.errors import UserError
from vitrine.evaluation.temperature import check_scores
from vitrine.evaluation.test_metrics import measure_test
from vitrine.predict.batches import predict_all
from vitrine.predict.predictions import Predictions
from vitrine.predict.predictor import Predictor
from vitrine.records.evidence import TestEvidence

TIMED_ANSWERS = 7  # their median is told
LONGEST_TIMING = 2_000  # milliseconds after which no further answer is timed


@dataclass(frozen=True)
class FinalEvaluation:
    """What the test split says of a model.

    Attributes:
        evidence: the section `test` of metrics.json.
        predictions: of predictions.csv, and for what else is measured on them.
        milliseconds: of each answer that was timed.
    """

    evidence: TestEvidence
    predictions: Predictions
    milliseconds: list[float]


def evaluate_on_test(
    model_folder: Path, prepared: PreparedDataset, top_k: int, batch_size: int, seed: int = 0
) -> FinalEvaluation:
    """Measures a finished model.

    Args:
        model_folder: as it is saved.
        prepared: its data set.
        top_k: for the top-k accuracy.
        batch_size: pictures.
        seed: of the intervals.

    Raises:
        UserError: the model's answers are not numbers.
    """
    predictor = Predictor.load(str(model_folder))
    predictions = predict_split(predictor, prepared, TEST, batch_size)
    target = prepared.facts.settings.labels.target
    evidence = measure_test(
        predictions.probabilities,
        predictions.true_label_ids,
        prepared.label_names,
        top_k,
        target=target if target in prepared.label_names else None,
        has_duplicate=find_test_duplicates(prepared),
        has_series=find_test_series(prepared),
        seed=seed,
    )
    picture = prepared.splits[TEST][0]["image"]
    return FinalEvaluation(evidence, predictions, time_answers(predictor, picture))


def time_answers(predictor: Predictor, picture: Image.Image) -> list[float]:
    """Milliseconds of a few answers to one decoded picture, one after another, preparation included.

    Args:
        predictor: that is asked.
        picture: of any size.
    """
    predictor.predict(picture)  # the first one of its size waits for memory and plans
    durations: list[float] = []
    while len(durations) < TIMED_ANSWERS and sum(durations) < LONGEST_TIMING:
        begun = time.perf_counter()
        predictor.predict(picture)
        durations.append(1000 * (time.perf_counter() - begun))
    return durations


def predict_split(predictor: Predictor, prepared: PreparedDataset, split: str, batch_size: int) -> Predictions:
    """What a model says of the stored images of a split, with their labels.

    Args:
        predictor: trained with this data set.
        prepared: the data set.
        split: train, validation or test.
        batch_size: pictures that the network sees at once.

    Raises:
        UserError: the model's answers are not numbers.
    """
    predicted = predict_all(predictor, list_images(prepared, split), preprocessed=True, batch_size=batch_size)
    if predicted.unreadable:
        raise UserError(f"{prepared.folder}: {predicted.unreadable[0].id} cannot be read; prepare the pictures again")
    label_ids = read_column(prepared.splits[split], "label").to_numpy()
    check_scores(predicted.predictions.logits, label_ids)
    return replace(predicted.predictions, label_ids=label_ids)
