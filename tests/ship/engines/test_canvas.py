"""What a model answers where a canvas resizes its pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitrine.data.manifest.split_names import TEST
from vitrine.data.prepared.dataset import open_prepared
from vitrine.predict.predictor import Predictor
from vitrine.ship.engines.canvas import measure_canvas, resize_on_canvas

SQUASH = {"size": {"height": 2, "width": 2}}


def test_each_pixel_is_the_mean_of_four_however_much_smaller_the_picture_becomes():
    levels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    resized = np.asarray(resize_on_canvas(Image.fromarray(levels), SQUASH))
    for row, column in np.ndindex(2, 2):
        four = levels[4 * row + 1 : 4 * row + 3, 4 * column + 1 : 4 * column + 3]
        assert np.abs(resized[row, column] - four.mean(axis=(0, 1))).max() <= 1
    levels[::4], levels[:, ::4] = 0, 0  # what lies between is not looked at
    assert np.array_equal(np.asarray(resize_on_canvas(Image.fromarray(levels), SQUASH)), resized)


def test_where_pictures_are_cropped_the_shorter_side_is_resized_and_the_middle_stays():
    levels = np.zeros((4, 12, 3), np.uint8)
    levels[:, 4:8] = 200
    cropped = {"size": {"shortest_edge": 2}, "crop_size": {"height": 2, "width": 2}}
    resized = resize_on_canvas(Image.fromarray(levels), cropped)
    assert resized.size == (2, 2)
    assert np.asarray(resized).min() == 200


def test_a_model_is_asked_about_its_test_pictures_in_their_own_size(colors_folder, monkeypatch):
    predictor, prepared = Predictor.load("finished/model"), open_prepared(Path("prepared/colours"))
    size = predictor.preprocess.settings["size"]
    black = Image.new("RGB", (size["width"], size["height"]))
    originals = [Image.open(Path("pictures/colours", file)).convert("RGB") for file in prepared.splits[TEST]["file"]]
    answers, of_black = (predictor.predict_images(images).logits.argmax(axis=1) for images in (originals, [black]))
    resized = []

    def resize_to_black(image, settings):
        resized.append(image.size)
        return black

    assert measure_canvas(predictor, prepared).pictures == 6
    monkeypatch.setattr("vitrine.ship.engines.canvas.resize_on_canvas", resize_to_black)
    found = measure_canvas(predictor, prepared)
    assert sorted(resized) == sorted(image.size for image in originals)
    assert found.same == (answers == of_black).sum()
    assert found.largest_gap > 0.1


@pytest.mark.parametrize("emptied", [True, False])
def test_nothing_is_said_where_they_are_gone(colors_folder, tmp_path, emptied):
    source = tmp_path / "gone"
    if emptied:
        source.mkdir()
    prepared = open_prepared(Path("prepared/colours"))
    data = prepared.facts.settings.data.model_copy(update={"source": str(source)})
    settings = prepared.facts.settings.model_copy(update={"data": data})
    moved = replace(prepared, facts=prepared.facts.model_copy(update={"settings": settings}))
    assert measure_canvas(Predictor.load("finished/model"), moved) is None
