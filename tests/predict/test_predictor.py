"""The rule of one preprocessing: predictor, transformers.pipeline and final evaluation agree on awkward pictures."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import pipeline

from tests.factories import SIDE, write_tiny_resnet
from tests.icc import rgb_profile
from tests.predict.models import line_of_pixels, narrow_preparation, write_small_cnn
from vitrine.config.data import PreparationSection
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.data.images.resizing import LARGEST_BETWEEN, resize_image
from vitrine.errors import UserError
from vitrine.models.backbones.build import build_backbone, build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, normalize_images, save_model
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.pytorch import TorchPreprocessing

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


def test_an_extremely_long_picture_does_not_take_the_memory_of_the_machine(tmp_path):
    predictor = Predictor.load(str(write_small_cnn(tmp_path, PreparationSection(resize="crop"))))
    probabilities = predictor.predict_images(
        [Image.new("RGB", (3_000_000, 1), "red")]
    ).probabilities  # 9 GB if it were resized whole
    expected = predictor.predict_images([Image.new("RGB", (64, 1), "red")]).probabilities
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_the_fill_color_of_the_model_is_behind_transparent_pictures(tmp_path):
    predictor = Predictor.load(str(write_small_cnn(tmp_path, PreparationSection(fill_color="black"))))
    glass = Image.new("RGBA", (30, 20), (255, 255, 255, 0))
    glass.save(tmp_path / "glass.png")
    black = predictor.predict_images([Image.new("RGB", (30, 20), "black")]).probabilities
    np.testing.assert_allclose(predictor.predict_images([glass]).probabilities, black)
    np.testing.assert_allclose(
        predictor.predict_images([predictor.open_image(tmp_path / "glass.png")]).probabilities, black
    )
    assert Predictor.load(str(write_small_cnn(tmp_path / "plain", PreparationSection()))).fill_color == "white"


def test_a_very_long_picture_is_seen_alike_by_predictor_and_preparation(model_folder):
    processor = Predictor.load(str(model_folder)).preprocess.processor
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60_000, 3, 3)).astype(np.uint8))
    side = max(SIDE, LARGEST_BETWEEN // 60_000 + 1)
    processor.size = {"height": side, "width": side}
    predictor = Predictor("model", model_folder, LABELS, None, None, TorchPreprocessing(processor))
    expected = normalize_images(processor, resize_image(image, side)[None])
    assert np.allclose(predictor.pixels([image]), expected, atol=1e-5)


def test_colors_are_read_as_the_training_pictures_were(tmp_path):
    Image.new("RGB", (9, 9), (200, 100, 50)).save(tmp_path / "p3.png", icc_profile=rgb_profile())
    sections = {"new": PreparationSection(), "earlier": PreparationSection(color_profiles="ignore")}
    models = {name: write_small_cnn(tmp_path / name, section) for name, section in sections.items()}
    opened = {name: Predictor.load(str(folder)).open_image(tmp_path / "p3.png") for name, folder in models.items()}
    assert opened["earlier"].getpixel((4, 4)) == (200, 100, 50)
    assert opened["new"].getpixel((4, 4)) == (216, 93, 24)
    assert "color_profiles" not in (models["earlier"] / "preprocessor_config.json").read_text()


def test_a_picture_that_the_preparation_cannot_take_is_named_by_its_size_and_the_reason(tmp_path):
    predictor = Predictor("model", tmp_path, LABELS, None, None, narrow_preparation())
    with pytest.raises(ImageError, match=r"^this model's preparation cannot take 1 x 3000 pixels \(shape .* size 0\)$"):
        predictor.pixels([line_of_pixels()])
    assert predictor.pixels([Image.new("RGB", (30, 40))]).shape == (1, 3, 224, 224)
