"""From run folders to the table: every figure is what the runs' own files say."""

import json
import statistics
from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.comparisons import ONE, TWO, do, plan
from vitrine.errors import UserError
from vitrine.experiments.compare.results import collect_figures, write_figures
from vitrine.records.folder import HISTORY, METRICS
from vitrine.records.run import Metrics


@pytest.mark.slow
def test_the_table_equals_a_computation_by_hand(write_comparison):
    comparison, runs = plan(write_comparison(TWO))
    do(runs)
    figures = collect_figures(comparison, runs)
    tables = {(run.variant, run.seed): pd.read_csv(run.folder / "predictions.csv") for run in runs}
    for variant in figures.variants:
        accuracies = [float(tables[variant.name, seed]["correct"].mean()) for seed in (0, 1)]
        assert variant.accuracy.mean == pytest.approx(statistics.mean(accuracies))
        assert variant.accuracy.deviation == pytest.approx(statistics.stdev(accuracies))
        scores = [json.loads((run.folder / "metrics.json").read_text()) for run in runs if run.variant == variant.name]
        assert variant.macro_f1.mean == pytest.approx(statistics.mean(one["test"]["macro_f1"] for one in scores))
        assert variant.parameters == scores[0]["training"]["parameters"]
    (pair,) = figures.pairs
    plain, wide = (pd.concat([tables[name, 0], tables[name, 1]])["correct"] for name in ("plain", "wide"))
    assert (pair.base, pair.variant, pair.way) == ("plain", "wide", "paired")
    assert pair.difference.points == pytest.approx(100 * (wide.mean() - plain.mean()))
    assert pair.difference.only_variant_right == int((wide & ~plain).sum())
    assert [change.parameter for change in figures.changes] == ["model.small_cnn.filters"]

    write_figures(figures, Path("runs/trial"))
    assert figures.model_validate_json(Path("runs/trial/comparison.json").read_bytes()) == figures
    assert list(pd.read_csv("runs/trial/runs.csv")["accuracy"]) == pytest.approx([run.accuracy for run in figures.runs])


def test_a_damaged_run_is_named(write_comparison):
    comparison, runs = plan(write_comparison(ONE))
    do(runs)
    (runs[0].folder / "predictions.csv").write_text("file\n")
    with pytest.raises(UserError, match="remove it to train it again"):
        collect_figures(comparison, runs)


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ({"feature_views": 0}, (3.0, 0.5)),
        ({"feature_views": 1, "feature_seconds": 20.0, "validation_feature_seconds": 4.0}, (23.0, 4.5)),
        ({"feature_views": 1}, (None, None)),  # an earlier build did not note what the features took
    ],
)
def test_the_look_at_the_pictures_of_a_frozen_network_is_training_and_validation_time(
    write_comparison, noted, expected
):
    comparison, runs = plan(write_comparison(ONE))
    do(runs)
    for run in runs:
        path = run.folder / METRICS
        metrics = Metrics.read(path)
        metrics.model_copy(update={"training": metrics.training.model_copy(update=noted)}).write(path)
        history = pd.read_csv(run.folder / HISTORY)
        history = history.head(1).assign(epoch=metrics.validation.best_epoch, seconds=3.5, validation_seconds=0.5)
        history.to_csv(run.folder / HISTORY, index=False)
    figures = collect_figures(comparison, runs)
    assert {(run.epoch_seconds, run.validation_seconds) for run in figures.runs} == {expected}
