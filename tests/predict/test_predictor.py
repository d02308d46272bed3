"""The rule of one preprocessing: predictor, transformers.pipeline and final evaluation agree on awkward pictures."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import pipeline

from tests.factories import SIDE, prepare, write_tiny_resnet
from vitrine.data.images.decoding import open_image
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.predictor import Predictor
from vitrine.training.final_evaluation import evaluate_on_test

LABELS = ("a", "b", "c")


@pytest.fixture(params=["small CNN", "pretrained"])
def model_folder(request, tmp_path):
    torch.manual_seed(0)
    model, normalization = build_small_cnn(LABELS, (8, 16), 1, 0.1), CENTERED
    if request.param == "pretrained":
        model, normalization = build_backbone(str(write_tiny_resnet(tmp_path / "checkpoint")), LABELS)
    save_model(tmp_path / "model", model, build_processor(SIDE, normalization))
    return tmp_path / "model"


def in_order(answers):
    return [answer["score"] for answer in sorted(answers, key=lambda answer: answer["label"])]


def test_predictor_and_pipeline_give_the_same_probabilities(model_folder, awkward_pictures):
    classify = pipeline("image-classification", model=str(model_folder), trust_remote_code=True)
    predictor = Predictor.load(str(model_folder))
    for path in sorted(awkward_pictures.iterdir()):
        picture = open_image(path)
        theirs = in_order(classify(picture, top_k=3))
        np.testing.assert_allclose(
            predictor.predict_images([picture]).probabilities[0], theirs, atol=1e-4, err_msg=path.name
        )


def test_pipeline_reads_common_files_itself_with_the_same_result(model_folder, tmp_path):
    """16-bit and transparent files are the exception: transformers saturates the first and drops the alpha."""
    classify = pipeline("image-classification", model=str(model_folder), trust_remote_code=True)
    predictor = Predictor.load(str(model_folder))
    generator = np.random.default_rng(0)
    picture = Image.fromarray(generator.integers(0, 255, (50, 70, 3), dtype=np.uint8))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "rotated.jpg", exif=exif)
    picture.convert("CMYK").save(tmp_path / "cmyk.jpg")
    picture.convert("L").save(tmp_path / "grey.png")
    picture.convert("P").save(tmp_path / "palette.gif")
    for name in ("rotated.jpg", "cmyk.jpg", "grey.png", "palette.gif"):
        theirs = in_order(classify(str(tmp_path / name), top_k=3))
        ours = predictor.predict_images([open_image(tmp_path / name)]).probabilities[0]
        np.testing.assert_allclose(ours, theirs, atol=1e-4, err_msg=name)


def test_final_evaluation_and_predictor_give_the_same_probabilities(model_folder, awkward_pictures, tmp_path):
    source = tmp_path / "source"
    for label_name in LABELS:
        (source / "test" / label_name).mkdir(parents=True)
        for split, color in (("train", "red"), ("validation", "blue")):
            (source / split / label_name).mkdir(parents=True)
            Image.new("RGB", (20, 20), color).save(source / split / label_name / "one.png")
    for number, path in enumerate(sorted(awkward_pictures.iterdir())):
        (source / "test" / LABELS[number % 3] / path.name).write_bytes(path.read_bytes())
    prepared = prepare(source, tmp_path / "prepared")
    table = evaluate_on_test(model_folder, prepared, top_k=3, batch_size=4).table
    predictor = Predictor.load(str(model_folder))
    assert len(table) == len(list(awkward_pictures.iterdir()))
    for row in table.to_dict("records"):
        answers = dict(predictor.predict(open_image(source / row["file"]), top_k=3))
        for rank in (1, 2, 3):
            expected = answers[row[f"label_{rank}"]]
            assert row[f"probability_{rank}"] == pytest.approx(expected, abs=1e-4), row["file"]


def test_answers_come_likeliest_first_and_sum_to_one(model_folder):
    predictor = Predictor.load(str(model_folder))
    answers = predictor.predict(Image.new("RGB", (30, 30), "green"), top_k=10)
    probabilities = [probability for _, probability in answers]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert {name for name, _ in answers} == set(LABELS)


def test_a_batch_gives_what_single_pictures_give(model_folder):
    predictor = Predictor.load(str(model_folder))
    pictures = [Image.new("RGB", (20 + 10 * n, 30), (80 * n, 200, 10)) for n in range(3)]
    singly = np.concatenate([predictor.predict_images([picture]).probabilities for picture in pictures])
    np.testing.assert_allclose(predictor.predict_images(pictures).probabilities, singly, atol=1e-5)


def test_a_model_that_lacks_weights_is_refused(model_folder):
    (model_folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match="cannot be loaded as an image classifier"):
        Predictor.load(str(model_folder))
