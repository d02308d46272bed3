"""Predictions as tables."""

import numpy as np
import pandas as pd
import pytest

from vitrine.evaluation import prediction_table
from vitrine.evaluation.prediction_table import summarize_predictions, tabulate_in_parts, tabulate_predictions
from vitrine.predict.predictions import Predictions
from vitrine.records.model import Trust

LABELS = ["a", "b", "c"]


def predict_at_random(pictures):
    generator = np.random.default_rng(0)
    return Predictions(
        ids=[f"{number}.png" for number in range(pictures)],
        logits=generator.normal(size=(pictures, 3)),
        label_names=LABELS,
        label_ids=generator.integers(0, 3, pictures),
        similarities=generator.random(pictures).astype(np.float32),
        trust=Trust.model_construct(precision=0.9, confidence_threshold=0.6, similarity_threshold=0.2),
    )


def test_the_table_has_what_follows_from_the_probabilities():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    predictions = Predictions(["1.png", "2.png"], np.log(probabilities), LABELS, np.array([0, 1]))
    first, second = tabulate_predictions(predictions, top_k=2).to_dict("records")
    assert (first["file"], first["label_name"], first["predicted"], first["correct"]) == ("1.png", "a", "a", True)
    assert (second["label_1"], second["label_2"], second["correct"]) == ("c", "a", False)
    assert (second["probability_1"], second["probability_2"]) == (pytest.approx(0.4), pytest.approx(0.3))
    assert (first["loss"], second["loss"]) == (pytest.approx(-np.log(0.7)), pytest.approx(-np.log(0.3)))
    assert first["familiarity"] is None


def test_without_true_labels_the_table_says_nothing_of_right_and_wrong():
    table = tabulate_predictions(Predictions(["1.png"], np.zeros((1, 3)), LABELS), top_k=1)
    assert not {"label_name", "correct", "loss"} & set(table.columns)


@pytest.mark.parametrize("pictures", [0, 1, 7, 8])
def test_the_parts_of_a_table_are_the_table(monkeypatch, pictures):
    predictions = predict_at_random(pictures)
    monkeypatch.setattr(prediction_table, "ROWS_AT_ONCE", 4)
    parts = list(tabulate_in_parts(predictions, top_k=2))
    assert len(parts) == max(1, -(-pictures // 4))
    assert pd.concat(parts).to_csv(index=False) == tabulate_predictions(predictions, top_k=2).to_csv(index=False)


def test_the_summary_has_the_first_columns_of_the_table():
    predictions = predict_at_random(50)
    summary = summarize_predictions(predictions)
    table = tabulate_predictions(predictions, top_k=2)[["file", "label_name", "predicted", "correct", "probability"]]
    assert summary.to_csv(index=False) == table.to_csv(index=False)
