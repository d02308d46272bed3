"""Many pictures at once give what single ones give."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import draw_shape
from tests.factories import SIDE
from vitrine.data.images.decoding import PictureError
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.batches import answer_many
from vitrine.predict.predictor import Predictor


@dataclass
class Picture:
    image: Image.Image | None
    open_preprocessed: object = None
    opened: list = field(default_factory=list)

    def open(self):
        self.opened.append(1)
        if self.image is None:
            raise PictureError("the file is cut short")
        return self.image


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    torch.manual_seed(0)
    save_model(folder, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return Predictor.load(str(folder))


def test_answers_are_those_of_single_pictures_and_broken_ones_are_named(predictor):
    pictures = [Picture(draw_shape(number % 3, number, (20 + number, 30))) for number in range(21)]
    pictures[4], pictures[20] = Picture(None), Picture(None)
    done = []
    answers = answer_many(predictor, pictures, False, look=lambda image: image.size, progress=done.append, batch_size=8)
    assert answers.rows.tolist() == [row for row in range(21) if row not in (4, 20)]
    expected = np.concatenate([predictor.measure([pictures[row].image]).logits for row in answers.rows])
    assert np.abs(answers.logits - expected).max() < 1e-4
    assert answers.looks == tuple(pictures[row].image.size for row in answers.rows)
    assert answers.problems == ((4, "the file is cut short"), (20, "the file is cut short"))
    assert done == [8, 16, 21]
    assert all(len(picture.opened) == 1 for picture in pictures)


def test_nothing_that_can_be_read_gives_nothing(predictor):
    answers = answer_many(predictor, [Picture(None)], False)
    assert answers.logits.shape == (0, 3)
    assert len(answers.problems) == 1
