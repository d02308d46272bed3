"""A second model beside the first."""

from dataclasses import replace

from PIL import Image

from tests.app.models import LABELS
from vitrine.app.beside import Beside


def test_it_opens_pictures_as_its_own_training_did(predictor, tmp_path, monkeypatch):
    opened = []

    def open_image(self, path):
        opened.append(path)
        return Image.new("RGB", (40, 40), "red")

    monkeypatch.setattr(type(predictor), "open_image", open_image)
    said = Beside(predictor).predict(tmp_path / "a.png")
    assert opened == [tmp_path / "a.png"]
    assert [label for label, _ in said.ranking] == [
        label for label, _ in predictor.predict(Image.new("RGB", (40, 40), "red"))
    ]


def test_a_true_class_that_it_does_not_know_is_no_mistake_of_its(predictor):
    beside = Beside(replace(predictor, label_names=LABELS[:2]))
    assert [beside.known_label(label) for label in (LABELS[0], LABELS[4], None)] == [LABELS[0], None, None]
