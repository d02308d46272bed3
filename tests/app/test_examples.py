"""Test pictures by class and by what the model says of them; none from outside of the model folder."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.models import EXAMPLE_LABELS, noise
from vitrine.app.examples import ALL, ExampleImage, Examples, example_images
from vitrine.models.calibration.selective import Answer, NoneOfThese, Unsure
from vitrine.predict.predictions import Prediction
from vitrine.records.model import Example

DECISIONS = {"1": Answer("cat"), "2": Answer("dog"), "3": Unsure("cat", "dog"), "4": NoneOfThese(), "5": Answer("dog")}
LABELS = {"1": "cat", "2": "cat", "3": "dog", "4": "dog", "5": "dog"}
IMAGES = tuple(ExampleImage(name, Path(name), label) for name, label in LABELS.items())


@pytest.fixture
def asked():
    return []


@pytest.fixture
def examples(asked):
    def predict(image):
        asked.append(image.name)
        return Prediction((), DECISIONS[image.name], None)

    return Examples(IMAGES, predict)


@pytest.mark.parametrize(
    ("label_name", "outcome", "chosen"),
    [
        (ALL, ALL, [0, 1, 2, 3, 4]),
        ("cat", ALL, [0, 1]),
        (ALL, "right", [0, 4]),
        (ALL, "wrong", [1, 3]),  # a known picture that is said to be of no class is a mistake too
        (ALL, "unsure", [2]),
        ("cat", "unsure", []),
        ("horse", ALL, []),
    ],
)
def test_pictures_are_chosen_by_class_and_outcome(examples, label_name, outcome, chosen):
    assert examples.choose(label_name, outcome) == chosen


def test_the_model_is_asked_once_for_each_and_not_before_an_outcome_is_chosen(examples, asked):
    examples.choose("cat")
    assert asked == []
    examples.choose(ALL, "right")
    examples.choose("dog", "wrong")
    assert asked == list(LABELS)


def test_a_picture_is_found_by_its_whole_name_only(examples):
    assert examples.find("3") == 2
    assert examples.find("") is examples.find("33") is None
    assert examples.label_names == ["cat", "dog"]


@pytest.mark.parametrize("file", ["../secret.png", "/etc/hostname", "examples/../../secret.png", "examples/none.png"])
def test_examples_never_lead_out_of_the_model_folder(folder, predictor, tmp_path, file):
    shutil.copytree(predictor.folder, tmp_path / "model")
    noise(0).save(tmp_path / "secret.png")
    metadata = predictor.metadata.model_copy(update={"examples": [Example(file=file, label_name="red")]})
    assert example_images(replace(predictor, folder=tmp_path / "model", metadata=metadata)) == ()


def test_an_example_that_is_a_link_out_of_the_model_folder_is_not_shown(folder, predictor, tmp_path):
    shutil.copytree(predictor.folder, tmp_path / "model")
    noise(0).save(tmp_path / "secret.png")
    (tmp_path / "model/examples/000.png").unlink()
    (tmp_path / "model/examples/000.png").symlink_to(tmp_path / "secret.png")
    shown = example_images(replace(predictor, folder=tmp_path / "model"))
    assert [example.label_name for example in shown] == list(EXAMPLE_LABELS[1:])


def test_a_model_without_metadata_has_no_examples(predictor):
    assert example_images(replace(predictor, metadata=None)) == ()
