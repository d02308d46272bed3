"""Many pictures of any source at once give what single ones give, in their order."""

import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import draw_shape
from tests.factories import SIDE, prepare, write_colored_classes
from tests.predict.models import line_of_pixels, narrow_preparation
from tests.predict.pictures import name_images
from vitrine.data.images.decoding import ImageError
from vitrine.data.images.prefetch import AHEAD
from vitrine.data.loading.labeled import list_images
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.calibration.ood import build_reference
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.batches import (
    BATCHES_PER_CORE,
    MOST_AT_ONCE,
    Unreadable,
    predict_all,
    predict_batches,
    predict_in_one_thread,
)
from vitrine.predict.images import from_files
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.pytorch import TorchNetwork


@dataclass
class Picture:
    file: str
    image: Image.Image | None
    open_preprocessed: object = None
    opened: list = field(default_factory=list)

    def open(self):
        self.opened.append(1)
        if self.image is None:
            raise ImageError("the file is cut short")
        return self.image


@dataclass
class Watched:
    """A network of which each call goes through another function."""

    network: TorchNetwork
    call: object
    on_processor: bool = True

    def run(self, pixels):
        return self.call(self.network, pixels)

    def count_threads(self):
        return self.network.count_threads()

    def use_threads(self, count):
        self.network.use_threads(count)


def draw(count, broken=()):
    return [
        Picture(f"{number}.png", None if number in broken else draw_shape(number % 3, number, (20 + number % 9, 30)))
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    torch.manual_seed(0)
    save_model(folder, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return Predictor.load(str(folder))


@pytest.fixture(params=[1, 2, 5], ids=lambda threads: f"{threads} threads")
def threads(request):
    """Of torch: with several, batches are computed side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_predictions_are_those_of_single_pictures_and_broken_ones_are_named(predictor, threads):
    pictures = draw(21, broken=(4, 20))
    done = []
    predicted = predict_all(
        predictor, pictures, inspect=lambda image: image.size, progress=lambda *told: done.append(told), batch_size=8
    )
    assert predicted.places.tolist() == [place for place in range(21) if place not in (4, 20)]
    assert list(predicted.predictions.ids) == [pictures[place].file for place in predicted.places]
    singly = [predictor.predict_images([pictures[place].image]).logits for place in predicted.places]
    np.testing.assert_allclose(predicted.predictions.logits, np.concatenate(singly), atol=1e-4)
    assert predicted.inspected == tuple(pictures[place].image.size for place in predicted.places)
    reason = "the file is cut short"
    assert predicted.unreadable == (Unreadable(4, "4.png", reason), Unreadable(20, "20.png", reason))
    assert done == [(8, 1), (16, 1), (21, 2)]
    assert all(len(picture.opened) == 1 for picture in pictures)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("limit", ["MOST_LOGITS", "MOST_PARTS"])
def test_batches_of_many_pictures_are_joined_on_the_way_and_what_is_inspected_lies_in_an_array(
    predictor, monkeypatch, limit
):
    pictures = draw(21, broken=(4, *range(8, 16)))
    inspect, looks = (lambda image: (image.width, image.height)), np.dtype([("width", int), ("height", int)])
    at_once = predict_all(predictor, pictures, inspect=inspect, looks=looks, batch_size=4)
    monkeypatch.setattr(f"vitrine.predict.batches.{limit}", 1)
    on_the_way = predict_all(predictor, pictures, inspect=inspect, looks=looks, batch_size=4)
    assert at_once.inspected.tolist() == [pictures[place].image.size for place in at_once.places]
    for name in ("places", "inspected"):
        assert np.array_equal(getattr(on_the_way, name), getattr(at_once, name))
    assert on_the_way.unreadable == at_once.unreadable
    assert on_the_way.predictions.ids == at_once.predictions.ids
    np.testing.assert_allclose(on_the_way.predictions.logits, at_once.predictions.logits, atol=1e-6)


def test_every_batch_has_its_problems_in_their_places(predictor, threads):
    pictures = draw(200, broken=(0, 7, 8, 9, 10, 11, 12, 13, 14, 15, 199))
    batches = list(predict_batches(predictor, pictures, batch_size=8))
    assert [len(batch) for batch in batches] == [8] * 25
    assert len(batches[1].predictions) == 0
    rows = [row for batch in batches for row in batch.in_order()]
    assert [name for name, _ in rows] == [picture.file for picture in pictures]
    assert [isinstance(said, Unreadable) for _, said in rows] == [picture.image is None for picture in pictures]


def test_one_thread_alone_gives_the_same_and_notes_what_it_has_at_hand(predictor):
    pictures = draw(11, broken=(4,))
    noted, seen = [], []

    def computing(network, pixels):
        seen.append((threading.get_ident(), network.count_threads(), noted[-1]))
        return run(network, pixels)

    run = TorchNetwork.run
    counting = replace(predictor, network=Watched(predictor.network, computing))
    before = torch.get_num_threads()
    batches = list(predict_in_one_thread(counting, pictures, noted.append, lambda image: image.size, 8))
    torch.set_num_threads(before)
    assert noted == [*range(8), None, 8, 9, 10, None]
    assert seen == [(threading.get_ident(), 1, None)] * 2
    expected = predict_all(predictor, pictures, batch_size=8)
    np.testing.assert_allclose(
        np.concatenate([batch.predictions.logits for batch in batches]), expected.predictions.logits, atol=1e-5
    )
    assert [one.id for batch in batches for one in batch.unreadable] == ["4.png"]
    assert batches[1].inspected == tuple(picture.image.size for picture in pictures[8:])


def test_no_more_pictures_are_opened_than_are_needed_soon(predictor, threads):
    opened = []

    def pictures():
        for picture in draw(2000):
            opened.append(picture)
            yield picture

    batch_size, taken = 4, 0
    batches = predict_batches(predictor, pictures(), batch_size=batch_size)
    most = AHEAD + (min(threads * BATCHES_PER_CORE, MOST_AT_ONCE // batch_size) + 1) * batch_size
    for batch in batches:
        taken += len(batch)
        assert len(opened) - taken <= most
        if taken > 400:
            break
    batches.close()
    assert len(opened) - taken <= most


def test_networks_side_by_side_do_not_mix_up_the_features_of_their_pictures(predictor):
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    reference = build_reference(np.eye(8, dtype=np.float32), np.arange(8))
    network = TorchNetwork(predictor.network.model, reference=reference)
    measuring = replace(predictor, network=network)
    pictures = draw(203)
    try:
        for _ in range(3):
            predictions = predict_all(measuring, pictures, batch_size=4).predictions
            singly = [measuring.predict_images([picture.image]).similarities for picture in pictures[::29]]
            np.testing.assert_allclose(predictions.similarities[::29], np.concatenate(singly), atol=1e-5)
    finally:
        torch.set_num_threads(before)


@dataclass
class CountingNetwork:
    """Computed by three threads; tells how many pictures were in it at once."""

    on_processor: bool = True
    inside: int = 0
    most: int = 0
    lock: object = field(default_factory=threading.Lock)

    def run(self, pixel_values):
        with self.lock:
            self.inside += len(pixel_values)
            self.most = max(self.most, self.inside)
        threading.Event().wait(0.005)
        with self.lock:
            self.inside -= len(pixel_values)
        return Outputs(np.zeros((len(pixel_values), 3), np.float32), None)

    def count_threads(self):
        return 3

    def use_threads(self, count):
        pass


@pytest.mark.parametrize(
    ("batch_size", "on_processor", "most"), [(4, True, 48), (16, True, 64), (64, True, 64), (16, False, 16)]
)
def test_networks_side_by_side_hold_few_pictures_and_a_gpu_one_batch(predictor, batch_size, on_processor, most):
    network = CountingNetwork(on_processor)
    counted = Predictor("m", predictor.folder, predictor.label_names, None, network, predictor.preprocess)
    predict_all(counted, name_images([Image.new("RGB", (SIDE, SIDE))] * 150), batch_size=batch_size)
    assert batch_size <= network.most <= most


def test_nothing_at_all_and_nothing_that_can_be_read_give_no_predictions(predictor):
    for pictures in ([], draw(1, broken=(0,))):
        predicted = predict_all(predictor, pictures)
        assert predicted.predictions.probabilities.shape == (0, 3)
        assert len(predicted.unreadable) == len(predicted) == len(pictures)


def test_an_error_that_is_no_problem_of_the_picture_is_raised(predictor):
    def fail(_):
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        predict_all(predictor, draw(3), inspect=fail)


def test_files_stored_images_and_uploads_of_one_picture_get_one_prediction(predictor, tmp_path):
    source = write_colored_classes(tmp_path / "source")
    prepared = prepare(source, tmp_path / "prepared")
    stored = list_images(prepared, "test")
    files = {str(Path(file.path).relative_to(source)): file for file in find_unlabeled([source], tmp_path)}
    chosen = from_files([files[picture.file] for picture in stored], predictor.rendering)
    uploads = name_images([predictor.open_image(source / picture.file) for picture in stored])
    found = [
        predict_all(predictor, stored, preprocessed=True),
        predict_all(predictor, chosen),
        predict_all(predictor, uploads),
    ]
    assert not any(part.unreadable for part in found)
    assert list(found[0].predictions.ids) == [picture.file for picture in stored]
    assert list(found[1].predictions.ids) == [f"{source}/{picture.file}" for picture in stored]
    for part in found[1:]:
        np.testing.assert_allclose(part.predictions.logits, found[0].predictions.logits, atol=1e-4)


def test_a_file_that_its_source_left_out_is_unreadable_for_that_reason(predictor, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    predicted = predict_all(predictor, from_files(find_unlabeled([tmp_path], tmp_path), "white"))
    assert [one.reason for one in predicted.unreadable] == ["not a picture (.txt)"]


@pytest.mark.parametrize("ask", [predict_batches, partial(predict_in_one_thread, note=lambda _: None)])
def test_a_picture_that_the_preparation_cannot_take_leaves_the_others_their_answers(predictor, ask):
    picky = replace(predictor, preprocess=narrow_preparation())
    pictures = draw(5)
    pictures[1] = Picture("line.png", line_of_pixels())
    before = torch.get_num_threads()
    (batch,) = ask(picky, pictures)
    torch.set_num_threads(before)
    assert list(batch.predictions.ids) == ["0.png", "2.png", "3.png", "4.png"]
    assert [(one.place, one.may_be_sound) for one in batch.unreadable] == [(1, False)]
    assert "cannot take 1 x 3000 pixels" in batch.unreadable[0].reason
