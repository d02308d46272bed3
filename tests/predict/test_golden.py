"""An engine that computes wrongly on this machine is found out by pictures whose answers are known."""

import numpy as np
import pytest

from tests.factories import IMAGENET, fault_of
from vitrine.models.folder import build_processor
from vitrine.predict.golden import CELLS, ask_golden, check_golden, draw_golden, measure_deviation
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.pytorch import TorchPreprocessing
from vitrine.records.model import Golden

SIDE = 24
PREPROCESS = TorchPreprocessing(build_processor(SIDE, IMAGENET))


class IntegerNetwork:
    """One layer of int8, as a processor computes it: with VNNI exactly; without, pairs of products end at 16 bits."""

    name = "onnxruntime"

    def __init__(self, bits, has_vnni):
        generator = np.random.RandomState(1)
        most = 2 ** (bits - 1) - 1
        self.weights = np.where(generator.rand(3 * SIDE * SIDE, 3) < 0.5, -most, most)
        self.weights[1::2] = self.weights[::2]  # neighbours pull the same way, as in a filter for a plain colour
        self.most, self.has_vnni = most, has_vnni

    def run(self, pixel_values):
        levels = np.clip(np.round(pixel_values * 60 + 128), 0, 255).astype(np.int64).reshape(len(pixel_values), -1)
        products = levels[:, :, None] * self.weights
        pairs = products[:, ::2] + products[:, 1::2]
        if not self.has_vnni:
            pairs = pairs.clip(-(2**15), 2**15 - 1)
        return Outputs((pairs.sum(axis=1) / (self.most * 20000)).astype(np.float32), None)


def golden_of(network, tolerance=0.01):
    return Golden(probabilities=ask_golden(network, PREPROCESS, SIDE).tolist(), tolerance=tolerance)


def test_weights_of_8_bits_are_refused_where_sums_are_cut_off():
    golden = golden_of(IntegerNetwork(8, has_vnni=True))
    check_golden("m", IntegerNetwork(8, has_vnni=True), PREPROCESS, SIDE, golden)
    message = fault_of(check_golden, "m", IntegerNetwork(8, has_vnni=False), PREPROCESS, SIDE, golden)
    assert message.startswith("m: on this machine its answers to pictures whose answers are known are wrong (by 0.")


def test_weights_of_7_bits_answer_the_same_without_vnni():
    golden = golden_of(IntegerNetwork(7, has_vnni=True), tolerance=0.0)
    check_golden("m", IntegerNetwork(7, has_vnni=False), PREPROCESS, SIDE, golden)


def test_answers_that_are_not_numbers_are_refused():
    class Broken(IntegerNetwork):
        def run(self, pixel_values):
            return Outputs(super().run(pixel_values).logits * np.nan, None)

    golden = golden_of(IntegerNetwork(8, has_vnni=True), tolerance=1.0)
    assert "(no numbers)" in fault_of(check_golden, "m", Broken(8, True), PREPROCESS, SIDE, golden)


def test_answers_for_other_classes_deviate():
    assert measure_deviation(np.full((2, 3), 1 / 3), [[0.5, 0.5]] * 2) == np.inf


@pytest.mark.parametrize("side", [8, 33])
def test_the_pictures_are_always_the_same_and_differ(side):
    drawn = [np.asarray(image) for image in draw_golden(side)]
    assert [image.shape for image in drawn] == [(side, side, 3)] * len(CELLS)
    assert drawn[0][0, 0].tolist() == [172, 47, 117]  # the stream of RandomState(0) is frozen
    assert len({image.tobytes() for image in drawn}) == len(CELLS)
