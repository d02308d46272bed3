import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import DatasetDict

from tests.factories import fault_of, make_recipe
from vitrine.config.loading import load_recipe
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.training import finish as finishing
from vitrine.training import run as training_run
from vitrine.training.final_evaluation import predict_split
from vitrine.training.loop.progress import Listeners
from vitrine.training.loop.thread_choice import ThreadChoice
from vitrine.training.run import run_training


@pytest.fixture(scope="module")
def finished(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    return folder, run_training(make_recipe(prepared, "optim.epochs=6", "engine.tracker=tensorboard"), folder)


def test_colors_are_learned(finished):
    assert finished[1].test.accuracy > 0.8


def test_the_run_folder_holds_what_was_done(finished, prepared):
    folder, metrics = finished
    assert json.loads((folder / run_folder.METRICS).read_text()) == json.loads(metrics.model_dump_json())
    history = pd.read_csv(folder / run_folder.HISTORY)
    assert list(history["epoch"]) == list(range(1, metrics.training.epochs + 1))
    assert load_recipe(folder / run_folder.RECIPE) == make_recipe(
        prepared, "optim.epochs=6", "engine.tracker=tensorboard"
    )
    environment = json.loads((folder / run_folder.ENVIRONMENT).read_text())
    assert environment["versions"]["torch"]
    assert environment["started"] <= environment["finished"]
    assert list((folder / run_folder.TENSORBOARD).glob("events*"))


def test_the_table_of_predictions_gives_the_reported_accuracy(finished, prepared):
    folder, metrics = finished
    table = pd.read_csv(folder / run_folder.PREDICTIONS)
    assert table["correct"].mean() == pytest.approx(metrics.test.accuracy)
    assert (table["label_name"] == table["predicted"]).equals(table["correct"])
    assert list(table["file"]) == list(prepared.splits["test"]["file"])
    assert (table["probability_1"] >= table["probability_2"]).all()


def test_the_model_folder_knows_what_was_measured(finished):
    folder, metrics = finished
    metadata = ModelMetadata.model_validate_json((folder / run_folder.MODEL / METADATA).read_bytes())
    assert metadata.test_accuracy == metrics.test.accuracy
    assert metadata.test_accuracy_interval == tuple(metrics.test.accuracy_interval)
    assert {example.label_name for example in metadata.examples} == set(metadata.label_names)
    assert all((folder / run_folder.MODEL / example.file).exists() for example in metadata.examples)
    assert Predictor.load(str(folder / run_folder.MODEL)).metadata == metadata


def test_two_runs_of_one_seed_give_the_same_metrics(prepared, tmp_path):
    results = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        results.append(run_training(make_recipe(prepared), tmp_path / name))
    assert results[0].test == results[1].test


def test_bf16_trains_and_the_test_is_measured_in_float32(prepared, tmp_path):
    metrics = run_training(make_recipe(prepared, "engine.precision=bf16", "optim.epochs=1"), tmp_path)
    assert metrics.training.precision == "bf16"
    weights = Predictor.load(str(tmp_path / run_folder.MODEL)).network.model.state_dict()
    assert {tensor.dtype for tensor in weights.values() if tensor.is_floating_point()} == {
        weights["classifier.bias"].dtype
    }
    assert str(weights["classifier.bias"].dtype) == "torch.float32"


def test_the_test_split_is_read_by_the_final_evaluation_only_and_after_the_thresholds(prepared, tmp_path, monkeypatch):
    order = []
    fit, trust, evaluate = training_run.fit_network, finishing.build_trust, finishing.evaluate_on_test

    def watched_fit(plan, data, *rest):
        seen = DatasetDict({split: data.splits[split] for split in ("train", "validation")})
        order.append("fit")
        return fit(
            plan, replace(data, splits=seen), *rest
        )  # a KeyError would follow if training looked at the test split

    monkeypatch.setattr(training_run, "fit_network", watched_fit)
    monkeypatch.setattr(finishing, "build_trust", lambda *a: order.append("thresholds") or trust(*a))
    monkeypatch.setattr(finishing, "evaluate_on_test", lambda *a: order.append("test") or evaluate(*a))
    run_training(make_recipe(prepared, "optim.epochs=1"), tmp_path)
    assert order == ["fit", "thresholds", "test"]


def test_a_network_trained_in_bf16_is_measured_and_calibrated_as_others_load_it(prepared, tmp_path):
    run_training(make_recipe(prepared, "engine.precision=bf16"), tmp_path)
    predictor = Predictor.load(str(tmp_path / run_folder.MODEL))
    assert predictor.trust.in_weights
    assert predictor.trust.similarity_threshold is not None
    stored = np.load(tmp_path / run_folder.LOGITS)
    logits = predict_split(predictor, prepared, "validation", 16).logits
    np.testing.assert_allclose(logits, stored["validation_logits"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", [".", run_folder.MODEL])  # a model folder, and a run that holds one
def test_a_license_that_binds_the_model_is_told_before_the_training(prepared, tmp_path, monkeypatch, model):
    weights = tmp_path / "weights"
    (weights / model).mkdir(parents=True)
    (weights / model / "config.json").write_text("{}")
    (weights / model / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    told = []
    monkeypatch.setattr(training_run, "fit_network", lambda *_: told.append("training"))
    monkeypatch.setattr(training_run, "is_main_process", lambda: False)
    recipe = make_recipe(prepared, f"model.backbone={weights}")
    run_training(recipe, tmp_path, Listeners(say=told.append))
    assert told[0].startswith(f"licence: the weights of {weights} (cc-by-nc-4.0) exclude commercial use")
    assert told[1:] == ["training"]


def test_machines_with_different_data_sets_do_not_train_together(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(training_run, "as_main_says", lambda _processes, _version: "another")
    assert f"is version {prepared.version} of the data set here and another at the main process" in fault_of(
        run_training, make_recipe(prepared), tmp_path
    )


@pytest.mark.parametrize(("limit", "threads"), [("engine.budget_minutes=5", 1), ("engine.budget_minutes=null", 2)])
def test_with_a_time_budget_one_thread_may_train_and_evaluate_and_the_others_are_given_back(
    prepared, tmp_path, monkeypatch, limit, threads
):
    before, seen = torch.get_num_threads(), []

    def choose(choice, seconds):
        torch.set_num_threads(1)
        return False

    def evaluate(*given):
        seen.append(torch.get_num_threads())
        return evaluate_on_test(*given)

    evaluate_on_test = finishing.evaluate_on_test
    monkeypatch.setattr(finishing, "evaluate_on_test", evaluate)
    monkeypatch.setattr(ThreadChoice, "takes", choose)
    torch.set_num_threads(2)
    try:
        run_training(make_recipe(prepared, "optim.epochs=1", limit), tmp_path)
        assert (seen, torch.get_num_threads()) == ([threads], 2)
    finally:
        torch.set_num_threads(before)
    device = json.loads((tmp_path / run_folder.ENVIRONMENT).read_text())["device"]
    assert f"{threads} thread" in device
