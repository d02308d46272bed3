"""What a finished run says about its own certainty, and that the model it leaves behind agrees."""

import json

import numpy as np
import pandas as pd
import pytest
from transformers import pipeline

from tests.factories import make_recipe
from vitrine.data.manifest.split_names import TEST, TRAIN, VALIDATION
from vitrine.models.calibration.ood import REFERENCE_FEATURES
from vitrine.models.calibration.selective import describe
from vitrine.models.calibration.softmax import softmax
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.training import finish as finishing
from vitrine.training.run import run_training


@pytest.fixture(scope="module", params=["epochs look at pictures", "features computed once"])
def run(request, prepared, checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    overrides = ["optim.epochs=6", "report.precision=0.8", "optim.label_smoothing=0.1"]
    if request.param == "features computed once":
        overrides += [f"model.backbone={checkpoint}", "model.trainable_part=head", "report.study=off"]
    return folder, run_training(make_recipe(prepared, *overrides), folder)


def judge_all(folder, prepared, split):
    predictor = Predictor.load(str(folder / run_folder.MODEL))
    return predictor.predict_images([row["image"] for row in prepared.splits[split]], preprocessed=True)


def test_the_logits_written_are_those_of_the_saved_model(run, prepared):
    folder, metrics = run
    stored = np.load(folder / run_folder.LOGITS)
    predictor = Predictor.load(str(folder / run_folder.MODEL))
    for name, split in (("validation", VALIDATION), ("test", TEST)):
        pictures = [row["image"] for row in prepared.splits[split]]
        logits = predictor.predict_images(pictures, preprocessed=True).logits
        # A head that was fitted on the validation pictures, too, says nothing of what it would say of others.
        learned = name == "validation" and metrics.training.refitted
        assert np.allclose(stored[f"{name}_logits"], logits, atol=1e-4) is not learned
        assert stored[f"{name}_labels"].tolist() == list(prepared.splits[split]["label"])
        assert (stored[f"{name}_logits"].dtype, stored[f"{name}_labels"].dtype) == (np.float32, np.int64)


def test_thresholds_come_from_unseen_pictures_and_are_stored_with_the_model(run, prepared):
    folder, metrics = run
    trust = Predictor.load(str(folder / run_folder.MODEL)).trust
    rejection = metrics.rejection
    calibration = metrics.calibration
    assert (trust.temperature, trust.precision) == (calibration.temperature, 0.8)
    assert (trust.confidence_threshold, trust.similarity_threshold, trust.neighbors) == (
        rejection.confidence_threshold,
        rejection.similarity_threshold,
        rejection.neighbors,
    )
    assert trust.in_weights
    assert (folder / run_folder.MODEL / REFERENCE_FEATURES).exists()
    cached = metrics.training.feature_views == 1
    counts = {split: len(prepared.splits[split]) for split in (TRAIN, VALIDATION)}
    for section in (rejection, calibration):
        assert section.basis == ("out_of_fold" if cached else "validation")
        assert section.validation_pictures == (sum(counts.values()) if cached else counts[VALIDATION])
    similarity = [judgement.similarity for judgement in judge_all(folder, prepared, VALIDATION)]
    assert -1 <= trust.similarity_threshold < min(similarity) + 1e-4
    assert trust.proven == rejection.proven
    assert calibration.remark == (None if cached else "few_pictures")
    assert calibration.before.loss != calibration.after.loss


def test_the_table_of_predictions_holds_what_the_model_decides(run, prepared):
    folder, metrics = run
    table = pd.read_csv(folder / run_folder.PREDICTIONS)
    judged = judge_all(folder, prepared, TEST)
    assert list(table["decision"]) == [describe(judgement.decision) for judgement in judged]
    np.testing.assert_allclose(table["familiarity"], [judgement.similarity for judgement in judged], atol=1e-4)
    own = [dict(row.ranking)[name] for row, name in zip(judged, table["label_name"], strict=True)]
    np.testing.assert_allclose(table["loss"], -np.log(own), rtol=1e-3, atol=1e-4)
    assert table["loss"].mean() == pytest.approx(metrics.test.loss, abs=1e-9)
    assert table["loss"].mean() == pytest.approx(metrics.calibration.after.loss, abs=1e-4)


def test_programs_that_know_nothing_of_vitrine_get_calibrated_probabilities(run, prepared):
    folder, _ = run
    classify = pipeline("image-classification", model=str(folder / run_folder.MODEL), trust_remote_code=True)
    stored = softmax(np.load(folder / run_folder.LOGITS)["test_logits"].astype(float))
    for row, expected in zip(list(prepared.splits[TEST])[:3], stored, strict=False):
        answers = {answer["label"]: answer["score"] for answer in classify(row["image"], top_k=3)}
        assert [answers[name] for name in prepared.label_names] == pytest.approx(expected.tolist(), abs=1e-4)


def test_features_computed_once_are_not_computed_again(prepared, checkpoint, tmp_path, monkeypatch):
    def fail(*_):
        raise AssertionError("the pictures were looked at again")

    monkeypatch.setattr(finishing, "look_again", fail)
    overrides = [f"model.backbone={checkpoint}", "model.trainable_part=head", "report.study=off", "optim.epochs=1"]
    run_training(make_recipe(prepared, *overrides), tmp_path)


def test_training_goes_on_from_a_calibrated_model(run, prepared, tmp_path):
    folder, metrics = run
    recipe = make_recipe(prepared, f"model.backbone={folder / run_folder.MODEL}", "optim.epochs=1")
    again = run_training(recipe, tmp_path)
    assert again.validation.loss < 1.5 * metrics.validation.loss + 0.1
    assert json.loads((tmp_path / run_folder.METRICS).read_text())["training"]["backbone"] == str(
        folder / run_folder.MODEL
    )
