"""The final evaluation, the predictor and transformers.pipeline give the same answers, whatever the preprocessing."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from transformers import pipeline

from tests.factories import SIDE, make_recipe, prepare, write_colored_classes
from tests.predict.models import LABELS, write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.data.images.preprocessing import Preparation
from vitrine.errors import UserError
from vitrine.evaluation.prediction_table import tabulate_predictions
from vitrine.models.backbones.build import build_backbone
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.training import final_evaluation
from vitrine.training.final_evaluation import evaluate_on_test, predict_split
from vitrine.training.run import run_training

ALL = ("contrast", "autocontrast", "equalize", "crop_centre", "crop_content", "mirror_horizontal", "mirror_vertical")


SECTIONS = {
    "crop": PreparationSection(resize="crop"),
    "letterbox on black": PreparationSection(resize="letterbox", fill_color="black"),
    "squash on grey": PreparationSection(fill_color="grey"),
    "all steps, whitened": PreparationSection(steps=(*ALL, "whiten"), resize="crop", fill_color="grey"),
}


@pytest.fixture(scope="module")
def source(awkward_pictures, tmp_path_factory):
    """All awkward pictures, the huge one too, as the test split."""
    folder = tmp_path_factory.mktemp("source")
    for label_name in LABELS:
        (folder / "test" / label_name).mkdir(parents=True)
        for split, color in (("train", "red"), ("validation", "blue")):
            (folder / split / label_name).mkdir(parents=True)
            Image.new("RGB", (20, 20), color).save(folder / split / label_name / "one.png")
    for number, path in enumerate(sorted(awkward_pictures.iterdir())):
        (folder / "test" / LABELS[number % 3] / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in ("crop", "letterbox on black"))) for name in SECTIONS],
)
def test_evaluation_predictor_and_pipeline_give_the_same_probabilities(name, source, tmp_path):
    folder = write_small_cnn(tmp_path / "model", SECTIONS[name])
    prepared = prepare(source, tmp_path / "prepared", preparation=SECTIONS[name])
    table = tabulate_predictions(evaluate_on_test(folder, prepared, top_k=3, batch_size=4).predictions, 3)
    predictor = Predictor.load(str(folder))
    classify = pipeline("image-classification", model=str(folder), trust_remote_code=True)
    unprepared = Predictor.load(str(write_small_cnn(tmp_path / "plain", PreparationSection())))
    differences = []
    for row in table.to_dict("records"):
        picture = predictor.open_image(source / row["file"])
        measured = {row[f"label_{rank}"]: row[f"probability_{rank}"] for rank in (1, 2, 3)}
        answers = dict(predictor.predict(picture))
        theirs = {answer["label"]: answer["score"] for answer in classify(picture, top_k=3)}
        assert answers == pytest.approx(measured, abs=1e-4), row["file"]
        assert theirs == pytest.approx(measured, abs=1e-4), row["file"]
        plain = dict(unprepared.predict(unprepared.open_image(source / row["file"])))
        differences.append(max(abs(plain[label] - answers[label]) for label in LABELS))
    assert max(differences) > 1e-3  # else this test could not fail


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run with steps, bars and whitening; its folder and the data set."""
    folder = tmp_path_factory.mktemp("run")
    section = PreparationSection(steps=("contrast", "crop_centre", "whiten"), resize="letterbox", fill_color="black")
    source = write_colored_classes(folder / "source")
    prepared = prepare(source, folder / "prepared" / "colours", preparation=section)
    recipe = make_recipe(
        prepared,
        "preparation.steps=[contrast, crop_centre, whiten]",
        "preparation.resize=letterbox",
        "preparation.fill_color=black",
        "optim.epochs=6",
    )
    (folder / "finished").mkdir()
    run_training(recipe, folder / "finished")
    return folder / "finished", source


def test_a_trained_model_answers_as_it_was_measured(run):
    folder, source = run
    predictor = Predictor.load(str(folder / run_folder.MODEL))
    table = pd.read_csv(folder / run_folder.PREDICTIONS)
    assert table["correct"].mean() > 0.8  # whitened training and evaluation see the same numbers
    for row in table.to_dict("records"):
        answers = dict(predictor.predict(predictor.open_image(source / row["file"])))
        assert answers[row["predicted"]] == pytest.approx(row["probability"], abs=1e-4)


def test_examples_are_preprocessed_pictures_on_which_no_step_is_done_twice(run):
    folder, _ = run
    predictor = Predictor.load(str(folder / run_folder.MODEL))
    measured = pd.read_csv(folder / run_folder.PREDICTIONS)["probability"].to_numpy()
    for example in predictor.metadata.examples:
        assert example.prepared
        picture = Image.open(predictor.folder / example.file)
        assert picture.size == (SIDE, SIDE)
        (_, probability), *_ = predictor.predict(picture, preprocessed=True)
        assert np.abs(measured - probability).min() < 1e-4
        assert dict(predictor.predict(picture)) != pytest.approx(dict(predictor.predict(picture, preprocessed=True)))


def test_a_pretrained_network_is_measured_as_it_answers(source, checkpoint, tmp_path):
    model, normalization = build_backbone(str(checkpoint), LABELS)
    save_model(tmp_path / "model", model, build_processor(SIDE, normalization, Preparation(color_profiles="apply")))
    prepared = prepare(source, tmp_path / "prepared")
    final = evaluate_on_test(tmp_path / "model", prepared, top_k=3, batch_size=4)
    table = tabulate_predictions(final.predictions, 3)
    predictor = Predictor.load(str(tmp_path / "model"))
    assert len(table) == len(prepared.splits["test"])
    for row in table.to_dict("records"):
        answers = dict(predictor.predict(predictor.open_image(source / row["file"]), top_k=3))
        for rank in (1, 2, 3):
            expected = answers[row[f"label_{rank}"]]
            assert row[f"probability_{rank}"] == pytest.approx(expected, abs=1e-4), row["file"]


def test_a_network_whose_answers_are_no_numbers_is_refused(prepared, tmp_path):
    predictor = Predictor.load(str(write_small_cnn(tmp_path, PreparationSection())))
    with torch.no_grad():
        predictor.network.model.classifier.bias.fill_(float("nan"))
    with pytest.raises(UserError, match=r"what it says of the picture .* is not a number"):
        predict_split(predictor, prepared, "test", batch_size=4)


@pytest.mark.parametrize(("milliseconds", "answers"), [(1, 7), (900, 3), (5_000, 1)])
def test_slow_answers_are_timed_less_often(monkeypatch, milliseconds, answers):
    clock = [0.0]
    monkeypatch.setattr(final_evaluation.time, "perf_counter", lambda: clock[0])

    class Slow:
        def predict(self, _):
            clock[0] += milliseconds / 1000

    assert final_evaluation.time_answers(Slow(), None) == pytest.approx([milliseconds] * answers)
