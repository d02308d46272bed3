"""A model at hand: one picture, many, a folder, and pictures that cannot be read."""

from pathlib import Path

import pytest
from PIL import Image

import vitrine
from tests.factories import fault_of, write_tiny_resnet


def test_a_model_answers_one_picture_many_and_a_folder(colors_folder):
    model = vitrine.load("finished")
    file = "pictures/colours/red/000.png"
    one = model.predict(file)
    image = Image.open(file)
    assert model.predict(Path(file)) == one
    assert model.predict(image).ranking == one.ranking
    assert one.ranking[0][0] == one.label_name
    assert sum(share for _, share in one.ranking) == pytest.approx(1, abs=1e-6)
    both = model.predict([file, image])
    assert [len(prediction.ranking) for prediction in both] == [3, 3]
    everything = model.predict("pictures/colours")
    assert len(everything) == 36
    assert everything[0].file == "pictures/colours/blue/000.png"
    assert everything[24].ranking[0][1] == pytest.approx(one.ranking[0][1], abs=1e-6)


def test_a_picture_is_turned_alike_out_of_a_file_and_out_of_memory(colors_folder, awkward_pictures):
    model = vitrine.load("finished")
    file = awkward_pictures / "exif_6.jpg"
    assert model.predict(Image.open(file)).probability == pytest.approx(model.predict(file).probability, abs=1e-6)


def test_a_prediction_shows_its_picture_and_bars(colors_folder):
    prediction = vitrine.load("finished").predict("pictures/colours/red/000.png")
    page = prediction._repr_html_()
    assert "data:image/" in page
    assert page.count("width:12em") == 3
    assert prediction.answer in page
    assert repr(prediction).startswith(f"ImagePrediction({prediction.answer!r}: ")
    assert len(repr(prediction)) < 200


def test_broken_pictures_among_many_have_their_reason_and_a_single_one_raises(colors_folder):
    Path("photos").mkdir()
    Path("photos/broken.jpg").write_text("text")
    Path("photos/red.png").symlink_to(Path("pictures/colours/red/000.png").resolve())
    model = vitrine.load("finished")
    broken, red = model.predict("photos")
    assert (broken.label_name, broken.ranking, broken.decision) == ("", (), None)
    assert broken.problem in repr(broken)
    assert broken.problem in broken._repr_html_()
    assert red.problem == ""
    assert model.predict(["photos/broken.jpg", "nowhere.png"])[1].problem == "there is no such file"
    assert "photos/broken.jpg: " in fault_of(model.predict, "photos/broken.jpg")
    assert "nowhere.png" in fault_of(model.predict, "nowhere.png")


def test_a_model_of_elsewhere_answers_too(colors_folder):
    model = vitrine.load(write_tiny_resnet(colors_folder / "tiny"))
    answers = model.predict(["pictures/colours/red/000.png", Image.new("L", (20, 50))])
    assert [len(answer.ranking) for answer in answers] == [7, 7]
    assert "7" not in repr(model) or "LABEL_0" in repr(model)
