"""The rule of one preprocessing for chosen steps, ways to a square and grounds: everybody gives the same answers."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from transformers import pipeline

from tests.factories import SIDE, make_recipe, prepare, write_colored_classes
from vitrine.config.data import PreparationSection
from vitrine.data.images.preprocessing import Preparation
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.predictor import Predictor
from vitrine.records import folder as run_folder
from vitrine.training.final_evaluation import evaluate_on_test
from vitrine.training.run import run_training

LABELS = ("a", "b", "c")
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


def write_model(folder, section):
    torch.manual_seed(0)
    model = build_small_cnn(LABELS, (8, 16), 1, 0.1)
    with torch.no_grad():
        model.classifier.weight.mul_(4)
    save_model(folder, model, build_processor(SIDE, CENTERED, Preparation.from_section(section)))
    return folder


@pytest.mark.parametrize("name", SECTIONS)
def test_evaluation_predictor_and_pipeline_give_the_same_probabilities(name, source, tmp_path):
    folder = write_model(tmp_path / "model", SECTIONS[name])
    prepared = prepare(source, tmp_path / "prepared", preparation=SECTIONS[name])
    table = evaluate_on_test(folder, prepared, top_k=3, batch_size=4).table
    predictor = Predictor.load(str(folder))
    classify = pipeline("image-classification", model=str(folder), trust_remote_code=True)
    unprepared = Predictor.load(str(write_model(tmp_path / "plain", PreparationSection())))
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


def test_an_extremely_long_picture_does_not_take_the_memory_of_the_machine(tmp_path):
    predictor = Predictor.load(str(write_model(tmp_path, PreparationSection(resize="crop"))))
    probabilities = predictor.predict_images(
        [Image.new("RGB", (3_000_000, 1), "red")]
    ).probabilities  # 9 GB if it were resized whole
    expected = predictor.predict_images([Image.new("RGB", (64, 1), "red")]).probabilities
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_the_fill_color_of_the_model_is_behind_transparent_pictures(tmp_path):
    predictor = Predictor.load(str(write_model(tmp_path, PreparationSection(fill_color="black"))))
    glass = Image.new("RGBA", (30, 20), (255, 255, 255, 0))
    glass.save(tmp_path / "glass.png")
    black = predictor.predict_images([Image.new("RGB", (30, 20), "black")]).probabilities
    np.testing.assert_allclose(predictor.predict_images([glass]).probabilities, black)
    np.testing.assert_allclose(
        predictor.predict_images([predictor.open_image(tmp_path / "glass.png")]).probabilities, black
    )
    assert Predictor.load(str(write_model(tmp_path / "plain", PreparationSection()))).fill_color == "white"
