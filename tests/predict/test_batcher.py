"""Requests of many threads share passes of the network, and each gets its own answer."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tests.factories import SIDE
from vitrine.predict.batcher import Batcher, NoAnswerError
from vitrine.predict.predictor import Predictor
from vitrine.predict.runtimes.network import Outputs

LABELS = ("dark", "light")


def preprocess(images, preprocessed=False):
    return np.stack([np.asarray(image, np.float32).transpose(2, 0, 1) for image in images])


preprocess.settings = {}


class Lightness:
    """Says how light a picture is; can be held up, and fails for white."""

    on_processor = True

    def __init__(self):
        self.may_run = threading.Event()
        self.may_run.set()
        self.asked = 0

    def run(self, pixels):
        self.asked += 1
        self.may_run.wait(10)
        light = pixels.mean(axis=(1, 2, 3)) / 255
        if (light == 1).any():
            raise RuntimeError("too light")
        return Outputs(np.stack([-light, light], axis=1), None)


@pytest.fixture
def network():
    return Lightness()


@pytest.fixture
def predictor(network, tmp_path):
    return Predictor("m", tmp_path, LABELS, None, network, preprocess)


def gray(level, side=SIDE):
    return Image.new("RGB", (side, side), (level,) * 3)


def share_of_light(prediction):
    return dict(prediction.ranking)["light"]


def test_a_picture_alone_is_asked_about_at_once(predictor):
    batcher = Batcher(predictor, deadline_seconds=60)
    expected = predictor.predict_images([gray(90)])[0]
    assert batcher.predict(gray(90)) == expected
    assert batcher.sizes == {1: 1}


def test_what_waits_while_the_network_computes_is_answered_together(predictor, network):
    batcher = Batcher(predictor, most=4)
    network.may_run.clear()
    with ThreadPoolExecutor(11) as threads:
        first = threads.submit(batcher.predict, gray(0))
        while not network.asked:
            time.sleep(0.001)
        others = [threads.submit(batcher.predict, gray(10 * number)) for number in range(1, 11)]
        while len(batcher._waiting) < 10:
            time.sleep(0.001)
        network.may_run.set()
        found = [share_of_light(one.result(10)) for one in (first, *others)]
    expected = predictor.predict_images([gray(10 * number) for number in range(11)]).probabilities[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert batcher.sizes == {1: 1, 2: 1, 4: 2}


def test_pictures_of_other_sizes_are_not_mixed(predictor, network):
    batcher = Batcher(predictor)
    network.may_run.clear()
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(batcher.predict, gray(0))
        while not network.asked:
            time.sleep(0.001)
        others = [threads.submit(batcher.predict, gray(50, side)) for side in (SIDE, 9, SIDE, 9)]
        while len(batcher._waiting) < 4:
            time.sleep(0.001)
        network.may_run.set()
        assert len({share_of_light(one.result(10)) for one in others}) == 1
        first.result(10)
    assert batcher.sizes == {1: 1, 2: 2}


def test_a_picture_waits_for_one_under_way_but_not_beyond_the_deadline(predictor):
    batcher = Batcher(predictor, deadline_seconds=0.05)
    batcher._coming = 1  # a picture that takes for ever to prepare
    assert batcher.predict(gray(5)).decision is not None


def test_a_fault_is_told_to_those_it_concerns_and_the_next_are_answered(predictor):
    batcher = Batcher(predictor)
    with pytest.raises(RuntimeError, match="too light"):
        batcher.predict(gray(255))
    with pytest.raises(AttributeError):
        batcher.predict("no picture")
    assert share_of_light(batcher.predict(gray(10))) > 0.5


def test_a_fault_of_one_picture_is_not_that_of_the_others_of_its_batch(predictor, network):
    batcher = Batcher(predictor)
    network.may_run.clear()
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(batcher.predict, gray(0))
        while not network.asked:
            time.sleep(0.001)
        white, *others = [threads.submit(batcher.predict, gray(level)) for level in (255, 10, 20)]
        while len(batcher._waiting) < 3:
            time.sleep(0.001)
        network.may_run.set()
        with pytest.raises(RuntimeError, match="too light"):
            white.result(10)
        assert all(share_of_light(one.result(10)) > 0 for one in (first, *others))


def test_a_fault_of_the_decision_is_told_to_all_of_the_batch(predictor, network, monkeypatch):
    batcher = Batcher(predictor)
    monkeypatch.setattr("vitrine.predict.predictions.Predictions.__getitem__", lambda *_: 1 / 0)
    network.may_run.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(batcher.predict, gray(0))
        while not network.asked:
            time.sleep(0.001)
        others = [threads.submit(batcher.predict, gray(10)) for _ in range(2)]
        while len(batcher._waiting) < 2:
            time.sleep(0.001)
        network.may_run.set()
        for one in (first, *others):
            with pytest.raises(ZeroDivisionError):
                one.result(10)


def test_no_more_pictures_are_prepared_at_once_than_there_are_cores(predictor, network, tmp_path, monkeypatch):
    at_work, most = [], []

    def prepare(images, preprocessed=False):
        at_work.append(1)
        most.append(len(at_work))
        time.sleep(0.005)
        at_work.pop()
        return preprocess(images)

    monkeypatch.setattr("vitrine.predict.batcher.cpu_count", lambda: 3)
    prepare.settings = {}
    slow = Predictor("m", tmp_path, LABELS, None, network, prepare)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(Batcher(slow).predict, [gray(9)] * 24))
    assert max(most) == 3


def test_nobody_is_forgotten_however_they_come_and_go(predictor):
    batcher = Batcher(predictor, most=3, deadline_seconds=0.0)
    are_light = []

    def ask_often():
        are_light.extend(share_of_light(batcher.predict(gray(level))) > 0.5 for level in range(94))

    # Not of a pool: one that waits for ever would hold up the end of the test, and of all others.
    threads = [threading.Thread(target=ask_often, daemon=True) for _ in range(16)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads change in the middle of everything
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "it waits for an answer that nobody computes"
    finally:
        sys.setswitchinterval(before)
    assert sum(are_light) == 16 * 93
    assert sum(size * times for size, times in batcher.sizes.items()) == 16 * 94


def test_who_was_answered_before_it_could_ask_leaves_the_network_to_the_next(predictor, monkeypatch):
    batcher = Batcher(predictor)
    enter = batcher._enter

    def enter_and_linger(image, preprocessed):
        request = enter(image, preprocessed)
        while threading.current_thread().name == "late" and (not request.is_answered or batcher._is_asking):
            time.sleep(0.001)
        return request

    monkeypatch.setattr(batcher, "_enter", enter_and_linger)
    late = threading.Thread(target=batcher.predict, args=[gray(9)], name="late", daemon=True)
    late.start()
    while not batcher._waiting:
        time.sleep(0.001)
    batcher.predict(gray(10))
    late.join(10)
    following = threading.Thread(target=batcher.predict, args=[gray(11)], daemon=True)
    following.start()
    following.join(10)
    assert not late.is_alive()
    assert not following.is_alive()
    assert batcher.sizes == {1: 1, 2: 1}


def test_who_waits_behind_a_pass_that_is_stuck_is_told_so_at_once_and_later_passes_are_answered(predictor, network):
    batcher = Batcher(predictor, patience_seconds=0.2)
    assert share_of_light(batcher.predict(gray(10))) > 0.5
    time.sleep(0.2)  # a pause is no pass that hangs
    network.may_run.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(batcher.predict, gray(0))
        while network.asked < 2:
            time.sleep(0.001)
        for one in [threads.submit(batcher.predict, gray(10)) for _ in range(2)]:
            with pytest.raises(NoAnswerError, match="at work on one answer for more than 0 seconds"):
                one.result(5)
        with pytest.raises(NoAnswerError):  # this one did not wait
            batcher.predict(gray(20))
        network.may_run.set()
        assert share_of_light(first.result(10)) == pytest.approx(0.5)
    assert share_of_light(batcher.predict(gray(10))) > 0.5
